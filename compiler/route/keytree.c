#include "route/keytree.h"

#include <stdlib.h>

bool keytree_has_value(const struct keytree *tree, uint32_t node)
{
    return tree->nodes.p[node].value.first != KEYTREE_NO_VALUE;
}

static uint32_t first_pair(const struct keytree *tree, struct keytree_value value)
{
    return value.folded ? tree->items.p[value.first].pair : value.first;
}

struct str keytree_value_key(const struct keytree *tree, uint32_t node)
{
    return tree->snapshot->pairs[first_pair(tree, tree->nodes.p[node].value)].key;
}

struct str keytree_text(const struct keytree *tree, uint32_t node, struct arena *arena)
{
    struct keytree_value value = tree->nodes.p[node].value;
    const struct kv_pair *pairs = tree->snapshot->pairs;
    if (!value.folded || value.first == value.last)
        return pairs[first_pair(tree, value)].value;
    size_t n = 0, at = 0;
    for (uint32_t i = value.first; i != KEYTREE_NO_VALUE; i = tree->items.p[i].next)
        n += pairs[tree->items.p[i].pair].value.n + 1;
    char *text = ARENA_ARRAY(arena, char, n);
    for (uint32_t i = value.first; i != KEYTREE_NO_VALUE; i = tree->items.p[i].next) {
        struct str part = pairs[tree->items.p[i].pair].value;
        if (at)
            text[at - 1] = ',';
        if (part.n)
            memcpy(text + at, part.p, part.n);
        at += part.n + 1;
    }
    return str_of(text, n - 1);
}

struct str keytree_segment(const struct keytree *tree, uint32_t node)
{
    const struct keytree_node *n = &tree->nodes.p[node];
    struct str name = str_of(n->name, n->name_n), key = tree->snapshot->pairs[n->pair].key;
    bool bracketed = n->numbered && name.p > key.p && name.p[-1] == '[';
    return bracketed ? str_of(name.p - 1, name.n + 2) : name;
}

struct str keytree_first_key(const struct keytree *tree, uint32_t node)
{
    return tree->snapshot->pairs[tree->nodes.p[node].pair].key;
}

struct str keytree_key(const struct keytree *tree, uint32_t node)
{
    struct str key = keytree_first_key(tree, node), segment = keytree_segment(tree, node);
    return segment.p ? str_head(key, (size_t)(segment.p + segment.n - key.p)) : tree->snapshot->root;
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

/* The child for a segment: the last one where it is the same (keys come sorted), or a new one. */
static uint32_t child_for(struct keytree *tree, uint32_t parent, struct str segment, uint32_t pair)
{
    bool numbered = false;
    if (!tree->snapshot->literal_lists && (ascii_is_digit(segment.p[0]) || segment.p[0] == '[')) {
        bool bracketed = segment.n > 2 && segment.p[0] == '[' && segment.p[segment.n - 1] == ']';
        struct str inner = bracketed ? str_of(segment.p + 1, segment.n - 2) : segment;
        numbered = all_digits(inner);
        segment = numbered ? inner : segment;
    }
    uint32_t last = tree->nodes.p[parent].last;
    if (last) {
        const struct keytree_node *n = &tree->nodes.p[last];
        if (n->name_n == segment.n && n->numbered == numbered && memcmp(n->name, segment.p, segment.n) == 0)
            return last;
    }
    uint32_t made = (uint32_t)tree->nodes.n;
    vec_push(&tree->nodes, (struct keytree_node){ .name = segment.p,
                                                  .name_n = (uint32_t)segment.n,
                                                  .pair = pair,
                                                  .numbered = numbered,
                                                  .value = { KEYTREE_NO_VALUE, KEYTREE_NO_VALUE, false } });
    if (last)
        tree->nodes.p[last].next = made;
    else
        tree->nodes.p[parent].first = made;
    tree->nodes.p[parent].last = made;
    return made;
}

/* The next segment of *rest, empty ones skipped; p == NULL at the end. The last that is allowed takes all. */
static struct str next_segment(struct str *rest, size_t depth)
{
    while (rest->n && rest->p[0] == '/')
        *rest = str_from(*rest, 1);
    if (rest->n == 0)
        return (struct str){ 0 };
    if (depth + 1 < KEYTREE_MAX_DEPTH)
        return str_cut(rest, '/');
    struct str all = *rest;
    *rest = (struct str){ 0 };
    return all;
}

/* Numbers at the end of a key are folded into the list above it: on the text alone, before types are known. A
 * file has real lists instead. */
static bool is_folded(const struct keytree *tree, struct str segment, struct str rest)
{
    return !tree->snapshot->literal_lists && rest.p == NULL && all_digits(segment);
}

/* The way to the last pair that was read: keys come sorted, so most of it is the way to the next one, too. */
struct trail {
    struct str key;
    size_t depth;
    struct {
        uint32_t node;
        size_t end;                 /* offset in the key, behind the slash */
    } steps[KEYTREE_MAX_DEPTH + 1]; /* the first is the root */
};

/* Cuts the trail down to what `key` has in common with it. Returns the length of all they have in common. */
static size_t follow_trail(struct trail *trail, struct str key)
{
    size_t common = 0, most = key.n < trail->key.n ? key.n : trail->key.n;
    while (common < most && key.p[common] == trail->key.p[common])
        common++;
    while (trail->depth && trail->steps[trail->depth].end > common)
        trail->depth--;
    return common;
}

static void add_pair(struct keytree *tree, struct trail *trail, uint32_t pair)
{
    struct str key = tree->snapshot->pairs[pair].key;
    struct str rest = str_from(key, trail->steps[trail->depth].end);
    uint32_t node = trail->steps[trail->depth].node;
    struct keytree_value value = { pair, pair, false };
    for (struct str segment; (segment = next_segment(&rest, trail->depth)).p;) {
        if (trail->depth && is_folded(tree, segment, rest)) {
            uint32_t item = (uint32_t)tree->items.n;
            vec_push(&tree->items, (struct keytree_item){ pair, KEYTREE_NO_VALUE });
            value = (struct keytree_value){ item, item, true };
            break;
        }
        node = child_for(tree, node, segment, pair);
        if (!rest.p)
            break;
        trail->depth++;
        trail->steps[trail->depth].node = node;
        trail->steps[trail->depth].end = (size_t)(rest.p - key.p);
    }
    trail->key = key;
    tree->n_pairs++;
    keytree_offer_value(tree, node, value);
}

/* Whether the first segment begins with one of the four, as Traefik asks; findings for the nearly right. */
static bool is_wanted(struct keytree *tree, struct str key, struct str path, struct str *reported)
{
    static const struct str parts[] = { STR("http"), STR("tcp"), STR("udp"), STR("tls") };
    enum { N = sizeof parts / sizeof *parts };
    for (size_t i = 0; i < N; i++)
        if (path.n >= parts[i].n && str_eq_nocase(str_head(path, parts[i].n), parts[i]))
            return true;
    struct str rest = path, segment = str_cut(&rest, '/');
    bool doubled = segment.n == 0 && rest.n;
    if (doubled)
        segment = str_cut(&rest, '/');
    struct str nearest = nearest_name(segment, parts, N);
    if (nearest.n == 0 || str_eq(segment, *reported))
        return false;
    *reported = segment;
    struct str shown = str_head(key, (size_t)(segment.p + segment.n - key.p));
    diag_add(tree->diag, (struct finding){ .code = FINDING_UNKNOWN_KEY,
                                           .key = shown,
                                           .text = shown,
                                           .at = (size_t)(segment.p - key.p),
                                           .length = segment.n,
                                           .message = doubled ? STR("a slash too many below the root")
                                                              : STR("unknown key below the root"),
                                           .expected = STR("http, tcp, udp or tls"),
                                           .nearest = nearest });
    return false;
}

static bool is_below(struct str root, struct str key)
{
    return key.n > root.n && key.p[root.n] == '/' && str_starts(key, root);
}

/* Traefik's locks; the first `common` bytes are known to hold none. */
static bool is_lock(struct str key, size_t common)
{
    const struct str mark = STR("___lock");
    return str_search(str_from(key, common < mark.n ? 0 : common - mark.n), mark) != SIZE_MAX;
}

void keytree_init(struct keytree *tree, const struct kv_snapshot *snapshot, struct diag *diag)
{
    *tree = (struct keytree){ .snapshot = snapshot, .diag = diag };
    size_t cap = snapshot->n + snapshot->n / 2 + 16; /* usual trees: one more node for four pairs */
    tree->nodes.p = xmalloc(cap * sizeof *tree->nodes.p);
    tree->nodes.cap = cap;
    vec_push(&tree->nodes, (struct keytree_node){ .value = { KEYTREE_NO_VALUE, KEYTREE_NO_VALUE, false } });
    struct str root = snapshot->root, reported = { 0 };
    struct trail trail = { .steps[0].end = root.n + 1 };
    for (size_t i = 0; i < snapshot->n && i < KEYTREE_NO_VALUE; i++) {
        struct str key = snapshot->pairs[i].key;
        size_t common = follow_trail(&trail, key);
        if (trail.depth == 0 && !is_below(root, key))
            continue;
        if (trail.depth == 0 && !is_wanted(tree, key, str_from(key, root.n + 1), &reported))
            continue;
        if (key.n > KEYTREE_MAX_KEY)
            diag_report(diag, FINDING_BAD_STRUCTURE, str_head(key, 200), "a key of %zu bytes is left out",
                        key.n);
        else if (!is_lock(key, common))
            add_pair(tree, &trail, (uint32_t)i);
    }
}

void keytree_fini(struct keytree *tree)
{
    vec_fini(&tree->nodes);
    vec_fini(&tree->items);
}
