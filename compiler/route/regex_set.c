/* Sets of characters. */
#include "route/regex_tree.h"

#include "route/regex_tables.h"

void rune_set_add(struct rune_set *set, uint32_t lo, uint32_t hi)
{
    if (set->ranges.n) {
        struct rune_range *last = &set->ranges.p[set->ranges.n - 1];
        if (lo >= last->lo && lo <= last->hi + 1) {
            if (hi > last->hi)
                last->hi = hi;
            return;
        }
    }
    vec_push(&set->ranges, (struct rune_range){ lo, hi });
}

static int compare_ranges(const void *a, const void *b)
{
    const struct rune_range *x = a, *y = b;
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

void rune_set_clean(struct rune_set *set)
{
    struct rune_range *p = set->ranges.p;
    size_t n = set->ranges.n, kept = 0;
    if (n < 2)
        return;
    qsort(p, n, sizeof *p, compare_ranges);
    for (size_t i = 1; i < n; i++) {
        if (p[i].lo > p[kept].hi + 1)
            p[++kept] = p[i];
        else if (p[i].hi > p[kept].hi)
            p[kept].hi = p[i].hi;
    }
    set->ranges.n = kept + 1;
}

void rune_set_negate(struct rune_set *set)
{
    struct rune_set out = { 0 };
    rune_set_add_set(&out, set, true);
    vec_fini(&set->ranges);
    *set = out;
}

void rune_set_add_set(struct rune_set *set, const struct rune_set *from, bool negated)
{
    uint32_t next = 0;
    for (size_t i = 0; i < from->ranges.n; i++) {
        struct rune_range r = from->ranges.p[i];
        if (!negated)
            rune_set_add(set, r.lo, r.hi);
        else if (next < r.lo)
            rune_set_add(set, next, r.lo - 1);
        next = r.hi + 1;
    }
    if (negated && next <= UTF8_MAX)
        rune_set_add(set, next, UTF8_MAX);
}

/* Index of the first entry at or behind c. */
static size_t fold_from(uint32_t c)
{
    size_t low = 0, high = n_unicode_folds;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (unicode_folds[middle].c < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t fold_next(uint32_t c)
{
    return unicode_folds[fold_from(c)].next;
}

void rune_set_add_folded(struct rune_set *set, uint32_t lo, uint32_t hi)
{
    rune_set_add(set, lo, hi);
    if (lo == 0 && hi == UTF8_MAX)
        return;
    for (size_t i = fold_from(lo); i < n_unicode_folds && unicode_folds[i].c <= hi; i++)
        for (uint32_t c = unicode_folds[i].next; c != unicode_folds[i].c; c = fold_next(c))
            if (c < lo || c > hi)
                rune_set_add(set, c, c);
}

/* Go's canonical name: the first letter upper case, the others lower, without '_', '-' and blanks. false
 * where it is longer than any. */
static bool canonical_name(struct str name, char out[32])
{
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c == '_' || c == '-' || c == ' ')
            continue;
        if (n == 31 || (unsigned char)c >= 0x80)
            return false;
        c = ascii_lower(c);
        if (n == 0 && c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

static const struct unicode_class *class_find(const char *name)
{
    size_t low = 0, high = n_unicode_classes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(unicode_classes[middle].name, name);
        if (order == 0)
            return &unicode_classes[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void add_rows(struct rune_set *set, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        struct unicode_row r = unicode_rows[i];
        if (r.stride == 1) {
            rune_set_add(set, r.lo, r.hi);
            continue;
        }
        for (uint32_t c = r.lo; c <= r.hi; c += r.stride)
            rune_set_add(set, c, c);
    }
}

bool rune_set_add_class(struct rune_set *set, struct str name, bool folded, bool negated)
{
    char canonical[32];
    struct rune_set found = { 0 };
    if (!canonical_name(name, canonical))
        return false;
    bool assigned = strcmp(canonical, "Assigned") == 0;
    const struct unicode_class *class = class_find(assigned ? "Cn" : canonical);
    if (strcmp(canonical, "Any") == 0) {
        rune_set_add(&found, 0, UTF8_MAX);
    } else if (strcmp(canonical, "Ascii") == 0) {
        (folded ? rune_set_add_folded : rune_set_add)(&found, 0, 0x7f);
    } else if (class) {
        add_rows(&found, class->from, folded && !assigned ? class->fold : class->to);
    } else {
        return false;
    }
    rune_set_clean(&found);
    rune_set_add_set(set, &found, negated != assigned);
    vec_fini(&found.ranges);
    return true;
}
