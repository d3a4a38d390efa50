#include "route/keytree.h"

#include <stdlib.h>

static struct str value_key(const struct keytree *tree, struct keytree_value value)
{
    return tree->snapshot->pairs[value.folded ? tree->items.p[value.first].pair : value.first].key;
}

/* The key that a value stands for: Traefik drops the number of a folded pair before it sorts and merges. */
static struct str sort_key(const struct keytree *tree, struct keytree_value value)
{
    struct str key = value_key(tree, value);
    if (!value.folded)
        return key;
    while (key.p[key.n - 1] != '/')
        key.n--;
    return str_head(key, key.n - 1);
}

static void report_duplicate(struct keytree *tree, struct keytree_value dropped, struct keytree_value kept)
{
    struct str key = str_head(value_key(tree, dropped), 1024), other = str_head(value_key(tree, kept), 200);
    diag_report(tree->diag, FINDING_DUPLICATE_KEY, key, "\"%.*s\" says the same, and counts", STR_ARG(other));
}

void keytree_offer_value(struct keytree *tree, uint32_t node, struct keytree_value offered)
{
    struct keytree_value *value = &tree->nodes.p[node].value, old = *value;
    if (offered.first == KEYTREE_NO_VALUE)
        return;
    if (old.first == KEYTREE_NO_VALUE) {
        *value = offered;
        return;
    }
    int order = str_cmp(sort_key(tree, offered), sort_key(tree, old));
    if (order == 0 && old.folded && offered.folded) {
        tree->items.p[old.last].next = offered.first;
        value->last = offered.last;
        return;
    }
    bool wins = order > 0 || (order == 0 && offered.folded);
    report_duplicate(tree, wins ? old : offered, wins ? offered : old);
    *value = wins ? offered : old;
}

/* Orders names as if each ended in a slash: the order in which sorted keys bring them, so that a list without
 * duplicates is nearly always found ascending at once. */
static int compare_names(const struct keytree_node *a, const struct keytree_node *b, bool nocase)
{
    if (a->numbered != b->numbered)
        return a->numbered ? -1 : 1;
    size_t n = a->name_n < b->name_n ? a->name_n : b->name_n, i = 0;
    while (i < n &&
           (a->name[i] == b->name[i] || (nocase && ascii_lower(a->name[i]) == ascii_lower(b->name[i]))))
        i++;
    if (i == n && a->name_n == b->name_n)
        return 0;
    unsigned char x = (unsigned char)(i < a->name_n ? a->name[i] : '/');
    unsigned char y = (unsigned char)(i < b->name_n ? b->name[i] : '/');
    if (nocase) {
        x = (unsigned char)ascii_lower((char)x);
        y = (unsigned char)ascii_lower((char)y);
    }
    if (x != y)
        return x < y ? -1 : 1;
    return a->name_n < b->name_n ? -1 : 1; /* only where a name holds a slash itself */
}

struct entry {
    const struct keytree_node *node;
    uint32_t number;
    bool nocase;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = compare_names(x->node, y->node, x->nocase);
    return c ? c : x->number < y->number ? -1 : x->number > y->number;
}

static size_t count_children(const struct keytree *tree, uint32_t parent, bool nocase, bool *ascending)
{
    size_t n = 0;
    *ascending = true;
    const struct keytree_node *before = NULL;
    for (uint32_t c = tree->nodes.p[parent].first; c; c = tree->nodes.p[c].next, n++) {
        const struct keytree_node *node = &tree->nodes.p[c];
        *ascending = *ascending && (!before || compare_names(before, node, nocase) < 0);
        before = node;
    }
    return n;
}

/* Moves the value and the children of `from` to `into`, which came before it. */
static void absorb(struct keytree *tree, uint32_t into, uint32_t from)
{
    struct keytree_node *a = &tree->nodes.p[into], *b = &tree->nodes.p[from];
    if (b->first && a->first)
        tree->nodes.p[a->last].next = b->first;
    else if (b->first)
        a->first = b->first;
    if (b->first)
        a->last = b->last;
    keytree_offer_value(tree, into, b->value);
    b->name = NULL; /* absorbed: to be unlinked */
}

static void unlink_absorbed(struct keytree *tree, uint32_t parent)
{
    struct keytree_node *nodes = tree->nodes.p;
    uint32_t last = nodes[parent].first; /* the first is never absorbed */
    for (uint32_t c = nodes[last].next; c; c = nodes[c].next) {
        if (nodes[c].name) {
            nodes[last].next = c;
            last = c;
        }
    }
    nodes[last].next = 0;
    nodes[parent].last = last;
}

void keytree_merge_children(struct keytree *tree, uint32_t parent, bool nocase)
{
    bool ascending;
    size_t n = count_children(tree, parent, nocase, &ascending), at = 0;
    if (ascending)
        return;
    struct entry *entries = xmalloc(n * sizeof *entries);
    for (uint32_t c = tree->nodes.p[parent].first; c; c = tree->nodes.p[c].next)
        entries[at++] = (struct entry){ &tree->nodes.p[c], c, nocase };
    qsort(entries, n, sizeof *entries, compare_entries);
    size_t group = 0;
    for (size_t i = 1; i < n; i++) {
        if (compare_names(entries[group].node, entries[i].node, nocase) == 0)
            absorb(tree, entries[group].number, entries[i].number);
        else
            group = i;
    }
    free(entries);
    unlink_absorbed(tree, parent);
}
