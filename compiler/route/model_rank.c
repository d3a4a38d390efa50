#include "route/model_build.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "route/rule_finding.h"

int provider_precedence(struct str provider)
{
    static const char *const order[] = { "internal", "file", "etcd" };
    int count = sizeof order / sizeof *order;
    for (int i = 0; i < count; i++)
        if (str_eq(provider, str_c(order[i])))
            return i;
    return count;
}

static struct str provider_of(const struct model_router *r)
{
    return reference_read(r->name, STR("")).provider;
}

int router_compare(const struct model_router *a, const struct model_router *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    int p = provider_precedence(provider_of(a)), q = provider_precedence(provider_of(b));
    return p != q ? (p < q ? -1 : 1) : str_cmp(a->order, b->order);
}

/* A letter for sign and number of digits (A to S: 19 to 1 digits; a to s: negative, 1 to 19), then the
 * digits, of positive numbers their complements. Capitals come before small letters. */
void router_put_rank(struct buf *out, int64_t priority, struct str qualified_name)
{
    char digits[24];
    bool negative = priority < 0;
    uint64_t size = negative ? 0 - (uint64_t)priority : (uint64_t)priority;
    int n = snprintf(digits, sizeof digits, "%" PRIu64, size);
    for (int i = 0; i < n && !negative; i++)
        digits[i] = (char)('0' + '9' - digits[i]);
    buf_putc(out, (char)(negative ? 'a' + n - 1 : 'T' - n));
    buf_puts(out, digits);
    buf_putc(out, (char)('0' + provider_precedence(reference_read(qualified_name, STR("")).provider)));
}

static int compare_found(const void *a, const void *b)
{
    return router_compare(*(const struct model_router *const *)a, *(const struct model_router *const *)b);
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    return (h ^ x) * 0xff51afd7ed558ccdu ^ (h >> 29);
}

/* Of the priority and of the one conjunct: routers that always match together have the same. */
static uint64_t router_hash(const struct model_router *r)
{
    const struct rule_conjunct *c = &r->dnf.conjuncts[0];
    uint64_t h = mix(c->n, (uint64_t)r->priority);
    for (size_t i = 0; i < c->n; i++) {
        h = mix(h, (uint64_t)c->literals[i].matcher * 2 + c->literals[i].negated);
        for (size_t j = 0; j < c->literals[i].n_args; j++)
            h = mix(h, hash_bytes(c->literals[i].args[j]));
    }
    return h;
}

static bool share_entry_point(const struct model_router *a, const struct model_router *b)
{
    for (size_t i = 0, j = 0; i < a->n_entry_points && j < b->n_entry_points;) {
        if (a->entry_points[i] == b->entry_points[j])
            return true;
        if (a->entry_points[i] < b->entry_points[j])
            i++;
        else
            j++;
    }
    return false;
}

/* Between providers precedence decides, in Traefik too. */
static bool is_tie(const struct model_router *a, const struct model_router *b)
{
    const struct rule_conjunct *x = &a->dnf.conjuncts[0], *y = &b->dnf.conjuncts[0];
    if (a->priority != b->priority || x->n != y->n || !share_entry_point(a, b))
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!rule_literal_equals(&x->literals[i], &y->literals[i]))
            return false;
    return str_eq(provider_of(a), provider_of(b));
}

static void report_tie(struct build *b, const struct model_router *winner, const struct model_router *loser)
{
    char message[300];
    struct str name = str_head(winner->name, 100);
    snprintf(message, sizeof message, "%.*s has the same rule and priority, and wins by its name",
             STR_ARG(name));
    struct finding f = rule_finding(FINDING_TIE, loser->key, loser->rule, 0, 0);
    f.message = str_c(message);
    diag_add(b->diag, f);
}

/* Ties that are cheap to see: each router of one conjunct is looked up among the better ones by its hash. */
static size_t note_ties(struct build *b, const struct model_router *routers, size_t n)
{
    size_t size = 16, n_ties = 0;
    while (size < n * 2)
        size *= 2;
    uint32_t *slots = ARENA_ARRAY(b->scratch, uint32_t, size); /* index + 1; 0: free */
    for (size_t i = 0; i < n && i < UINT32_MAX - 1 && n_ties < MODEL_MAX_TIES; i++) {
        if (routers[i].dnf.n != 1)
            continue;
        size_t at = router_hash(&routers[i]) & (size - 1);
        enum { LONGEST_PROBE = 64 }; /* crafted names may collide: ties are only notes */
        for (size_t probe = 0; probe < LONGEST_PROBE && slots[at]; probe++, at = (at + 1) & (size - 1)) {
            if (is_tie(&routers[slots[at] - 1], &routers[i])) {
                report_tie(b, &routers[slots[at] - 1], &routers[i]);
                n_ties++;
                break;
            }
        }
        if (!slots[at])
            slots[at] = (uint32_t)i + 1;
    }
    return n_ties;
}

size_t routers_rank(struct build *b, const struct model_router *found, size_t n, struct model_router *out)
{
    const struct model_router **ranked = ARENA_ARRAY(b->scratch, const struct model_router *, n);
    for (size_t i = 0; i < n; i++)
        ranked[i] = &found[i];
    if (n)
        qsort(ranked, n, sizeof *ranked, compare_found);
    for (size_t i = 0; i < n; i++)
        out[i] = *ranked[i];
    return note_ties(b, out, n);
}
