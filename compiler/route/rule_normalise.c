/* Rules to disjunctive normal form. The tree is walked once for each alternative: at || one branch is taken
 * and the other remembered, at && and ! the parts wait in a list. What is reached on the way is a conjunct.
 * So nothing is ever multiplied out that is not part of the result, and the size of the result is known
 * before. */
#include "route/rule.h"

#include <stdio.h>

#include "base/vec.h"
#include "route/rule_finding.h"

enum { ABSORB_MAX = 64 }; /* conjuncts that are compared pair by pair */

#define NOTHING SIZE_MAX

static size_t add_capped(size_t a, size_t b)
{
    return a > SIZE_MAX / 2 - b ? SIZE_MAX / 2 : a + b;
}

static size_t multiply_capped(size_t a, size_t b)
{
    return b && a > SIZE_MAX / 2 / b ? SIZE_MAX / 2 : a * b;
}

static struct rule_size measure(const struct rule_node *node, bool negated)
{
    if (node->op == RULE_CALL)
        return (struct rule_size){ 1, 1, 1 };
    if (node->op == RULE_NOT)
        return measure(node->left, !negated);
    struct rule_size a = measure(node->left, negated), b = measure(node->right, negated);
    struct rule_size sum = { .calls = a.calls + b.calls };
    if ((node->op == RULE_OR) != negated) {
        sum.conjuncts = add_capped(a.conjuncts, b.conjuncts);
        sum.literals = add_capped(a.literals, b.literals);
    } else {
        sum.conjuncts = multiply_capped(a.conjuncts, b.conjuncts);
        sum.literals =
            add_capped(multiply_capped(a.literals, b.conjuncts), multiply_capped(b.literals, a.conjuncts));
    }
    return sum;
}

struct rule_size rule_measure(const struct rule_node *rule)
{
    return measure(rule, false);
}

/* A call as a literal. Equal literals have equal ids; ids follow the order of matcher and arguments. */
struct atom {
    const struct rule_literal *literal; /* NULL: `constant` */
    bool constant;
    size_t id;
};

struct waiting {
    const struct rule_node *node;
    bool negated;
    size_t next; /* index into `waiting`, or NOTHING */
};

struct branch {
    size_t waiting;             /* where to go on */
    size_t n_waiting, n_chosen; /* what counted there */
};

struct conjunct {
    size_t from, n; /* in `ids` */
};

struct expansion {
    struct arena *arena;
    VEC(struct atom) atoms;   /* by the index of their calls */
    VEC(struct atom *) by_id; /* one for each id */
    VEC(struct waiting) waiting;
    VEC(struct branch) branches;
    VEC(size_t) chosen; /* the conjunct so far: 2 * id, + 1 if negated */
    VEC(size_t) ids;    /* the finished ones */
    VEC(struct conjunct) conjuncts;
    bool contradicted; /* some conjunct was dropped because it contradicts itself */
};

static int compare_literals(const void *a, const void *b)
{
    const struct rule_literal *x = (*(struct atom *const *)a)->literal,
                              *y = (*(struct atom *const *)b)->literal;
    if (x->matcher != y->matcher)
        return x->matcher < y->matcher ? -1 : 1;
    for (size_t i = 0; i < x->n_args && i < y->n_args; i++) {
        int c = str_cmp(x->args[i], y->args[i]);
        if (c)
            return c;
    }
    if (x->n_args != y->n_args)
        return x->n_args < y->n_args ? -1 : 1;
    if (x->dots != y->dots)
        return x->dots < y->dots ? -1 : 1;
    return (x->regex != NULL) - (y->regex != NULL);
}

static void collect_atoms(struct expansion *e, const struct rule_node *node)
{
    if (node->op != RULE_CALL) {
        collect_atoms(e, node->left);
        if (node->right)
            collect_atoms(e, node->right);
        return;
    }
    vec_push(&e->atoms, (struct atom){ .literal = node->literal, .constant = node->constant });
}

static void number_atoms(struct expansion *e)
{
    struct atom **sorted;
    size_t n = 0;
    for (size_t i = 0; i < e->atoms.n; i++)
        if (e->atoms.p[i].literal)
            vec_push(&e->by_id, &e->atoms.p[i]);
    sorted = e->by_id.p;
    if (e->by_id.n)
        qsort(sorted, e->by_id.n, sizeof *sorted, compare_literals);
    for (size_t i = 0; i < e->by_id.n; i++) {
        if (i == 0 || compare_literals(&sorted[n - 1], &sorted[i]) != 0)
            sorted[n++] = sorted[i];
        sorted[i]->id = n - 1;
    }
    e->by_id.n = n;
}

static int compare_ids(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

static struct str path_of(const struct atom *atom)
{
    return atom->literal->args[0];
}

/* Of the exact paths and prefixes that must all hold: the one that says it all, NULL where there is none.
 * *contradiction is set where no path can meet them. */
static const struct atom *narrowest_path(const struct expansion *e, const size_t *ids, size_t n,
                                         bool *contradiction)
{
    const struct atom *best = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct atom *atom = e->by_id.p[ids[i] / 2];
        enum matcher matcher = atom->literal->matcher;
        if (ids[i] % 2 || (matcher != MATCHER_PATH && matcher != MATCHER_PATH_PREFIX))
            continue;
        if (!best) {
            best = atom;
            continue;
        }
        /* Exact paths have smaller ids than prefixes, so they come first. */
        bool best_exact = best->literal->matcher == MATCHER_PATH, longer = path_of(atom).n > path_of(best).n;
        const struct atom *narrow = longer && !best_exact ? atom : best, *wide = narrow == atom ? best : atom;
        if (matcher == MATCHER_PATH || !str_starts(path_of(narrow), path_of(wide)))
            *contradiction = true;
        best = narrow;
    }
    return best;
}

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* Whether sorted ids contradict each other: x and not x, or two values of what a request has once. */
static bool is_contradiction(const struct expansion *e, const size_t *ids, size_t n)
{
    const struct rule_literal *host = NULL, *method = NULL;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && ids[i] % 2 && ids[i] == ids[i - 1] + 1)
            return true;
        const struct rule_literal *literal = e->by_id.p[ids[i] / 2]->literal;
        if (ids[i] % 2)
            continue;
        if (literal->matcher == MATCHER_HOST) {
            /* Equal ones stand side by side, by their dots: one request can have up to two more or fewer. */
            if (host && (!str_eq(host->args[0], literal->args[0]) || distance(host->dots, literal->dots) > 2))
                return true;
            host = host ? host : literal;
        } else if (literal->matcher == MATCHER_METHOD) {
            if (method)
                return true;
            method = literal;
        }
    }
    return false;
}

static size_t *ids_from(const struct expansion *e, size_t from)
{
    return e->ids.p ? e->ids.p + from : NULL;
}

/* Copies what was chosen, sorted and each once, to the end of e->ids. Returns how many there are. The choices
 * themselves keep their order: branches go back to the first n of them. */
static size_t sort_chosen(struct expansion *e, size_t from)
{
    size_t n = 0;
    for (size_t i = 0; i < e->chosen.n; i++)
        vec_push(&e->ids, e->chosen.p[i]);
    size_t *ids = ids_from(e, from);
    if (e->chosen.n > 1)
        qsort(ids, e->chosen.n, sizeof *ids, compare_ids);
    for (size_t i = 0; i < e->chosen.n; i++)
        if (i == 0 || ids[i] != ids[n - 1])
            ids[n++] = ids[i];
    return n;
}

/* Makes a conjunct of what was chosen, without what is implied, unless it contradicts itself. */
static void keep_chosen(struct expansion *e)
{
    struct conjunct conjunct = { .from = e->ids.n };
    size_t n = sort_chosen(e, conjunct.from), *ids = ids_from(e, conjunct.from);
    bool contradiction = is_contradiction(e, ids, n);
    const struct atom *path = narrowest_path(e, ids, n, &contradiction);
    for (size_t i = 0; i < n; i++) {
        const struct atom *atom = e->by_id.p[ids[i] / 2];
        bool of_path =
            atom->literal->matcher == MATCHER_PATH || atom->literal->matcher == MATCHER_PATH_PREFIX;
        if (ids[i] % 2 || !of_path || atom == path)
            ids[conjunct.n++] = ids[i];
    }
    if (contradiction)
        conjunct.n = 0;
    else
        vec_push(&e->conjuncts, conjunct);
    e->contradicted = e->contradicted || contradiction;
    e->ids.n = conjunct.from + conjunct.n;
}

static size_t wait_for(struct expansion *e, const struct rule_node *node, bool negated, size_t next)
{
    vec_push(&e->waiting, (struct waiting){ node, negated, next });
    return e->waiting.n - 1;
}

/* One step with the node at `waiting`. Returns where to go on; *dead is set where nothing can match there. */
static size_t expand_step(struct expansion *e, size_t waiting, bool *dead)
{
    struct waiting w = e->waiting.p[waiting];
    if (w.node->op == RULE_CALL) {
        const struct atom *atom = &e->atoms.p[w.node->index];
        *dead = !atom->literal && atom->constant == w.negated;
        if (atom->literal)
            vec_push(&e->chosen, 2 * atom->id + w.negated);
        return w.next;
    }
    if (w.node->op == RULE_NOT)
        return wait_for(e, w.node->left, !w.negated, w.next);
    size_t right = wait_for(e, w.node->right, w.negated, w.next);
    if ((w.node->op == RULE_OR) != w.negated) {
        vec_push(&e->branches, (struct branch){ right, e->waiting.n, e->chosen.n });
        return wait_for(e, w.node->left, w.negated, w.next);
    }
    return wait_for(e, w.node->left, w.negated, right);
}

static void expand(struct expansion *e, const struct rule_node *rule)
{
    size_t at = wait_for(e, rule, false, NOTHING);
    for (;;) {
        bool dead = false;
        while (at != NOTHING && !dead)
            at = expand_step(e, at, &dead);
        if (!dead)
            keep_chosen(e);
        if (e->branches.n == 0)
            return;
        struct branch branch = e->branches.p[--e->branches.n];
        at = branch.waiting;
        e->waiting.n = branch.n_waiting;
        e->chosen.n = branch.n_chosen;
    }
}

/* Shorter ones first: what absorbs stands before what is absorbed, and so do equals. */
static int compare_conjuncts(const struct expansion *e, struct conjunct a, struct conjunct b)
{
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    for (size_t i = 0; i < a.n; i++)
        if (e->ids.p[a.from + i] != e->ids.p[b.from + i])
            return e->ids.p[a.from + i] < e->ids.p[b.from + i] ? -1 : 1;
    return 0;
}

static int compare_conjuncts_r(const void *a, const void *b, void *e)
{
    return compare_conjuncts(e, *(const struct conjunct *)a, *(const struct conjunct *)b);
}

static bool contains(const struct expansion *e, struct conjunct large, struct conjunct small)
{
    size_t found = 0;
    for (size_t i = 0; i < large.n && found < small.n; i++)
        found += e->ids.p[large.from + i] == e->ids.p[small.from + found];
    return found == small.n;
}

/* a or (a and b) is a. All pairs of a short list, else neighbours only (equals), and what is always true. */
static void absorb(struct expansion *e)
{
    size_t n = e->conjuncts.n, kept = 0;
    struct conjunct *p = e->conjuncts.p;
    if (n < 2)
        return;
    qsort_r(p, n, sizeof *p, compare_conjuncts_r, e);
    for (size_t i = 0; i < n; i++) {
        bool absorbed = kept && (p[0].n == 0 || compare_conjuncts(e, p[kept - 1], p[i]) == 0);
        for (size_t j = 0; j < kept && n <= ABSORB_MAX && !absorbed; j++)
            absorbed = contains(e, p[i], p[j]);
        if (!absorbed)
            p[kept++] = p[i];
    }
    e->conjuncts.n = kept;
}

static struct rule_dnf copy_out(const struct expansion *e)
{
    struct rule_conjunct *conjuncts = ARENA_ARRAY(e->arena, struct rule_conjunct, e->conjuncts.n);
    struct rule_literal *literals = ARENA_ARRAY(e->arena, struct rule_literal, e->ids.n);
    for (size_t i = 0; i < e->conjuncts.n; i++) {
        struct conjunct c = e->conjuncts.p[i];
        conjuncts[i] = (struct rule_conjunct){ .literals = literals, .n = c.n };
        for (size_t j = 0; j < c.n; j++, literals++) {
            size_t id = e->ids.p[c.from + j];
            *literals = *e->by_id.p[id / 2]->literal;
            literals->negated = id % 2;
        }
    }
    return (struct rule_dnf){ .conjuncts = conjuncts, .n = e->conjuncts.n };
}

static bool check_size(const struct rule_node *rule, struct str text, struct str key, struct diag *diag)
{
    struct rule_size size = rule_measure(rule);
    if (size.conjuncts <= RULE_MAX_CONJUNCTS && size.literals <= RULE_MAX_LITERALS)
        return true;
    struct finding f = rule_finding(FINDING_RULE_TOO_LARGE, key, text, 0, 0);
    char message[120], expected[80];
    snprintf(message, sizeof message, "the rule stands for %s%zu alternatives with %s%zu matchers in all",
             size.conjuncts < SIZE_MAX / 2 ? "" : "more than ", size.conjuncts,
             size.literals < SIZE_MAX / 2 ? "" : "more than ", size.literals);
    snprintf(expected, sizeof expected, "at most %d alternatives and %d matchers", RULE_MAX_CONJUNCTS,
             RULE_MAX_LITERALS);
    f.message = str_c(message);
    f.expected = str_c(expected);
    diag_add(diag, f);
    return false;
}

bool rule_normalise(struct arena *arena, const struct rule_node *rule, struct str text, struct str key,
                    struct rule_dnf *out, struct diag *diag)
{
    *out = (struct rule_dnf){ 0 };
    if (!check_size(rule, text, key, diag))
        return false;
    struct expansion e = { .arena = arena };
    collect_atoms(&e, rule);
    number_atoms(&e);
    expand(&e, rule);
    absorb(&e);
    *out = copy_out(&e);
    if (out->n == 0 && e.contradicted) {
        struct finding f = rule_finding(FINDING_RULE_NEVER, key, text, 0, 0);
        f.message = STR("no request can meet all conditions of the rule");
        diag_add(diag, f);
    }
    vec_fini(&e.atoms);
    vec_fini(&e.by_id);
    vec_fini(&e.waiting);
    vec_fini(&e.branches);
    vec_fini(&e.chosen);
    vec_fini(&e.ids);
    vec_fini(&e.conjuncts);
    return true;
}

bool rule_literal_equals(const struct rule_literal *a, const struct rule_literal *b)
{
    if (a->matcher != b->matcher || a->negated != b->negated || a->n_args != b->n_args ||
        a->dots != b->dots || !a->regex != !b->regex)
        return false;
    for (size_t i = 0; i < a->n_args; i++)
        if (!str_eq(a->args[i], b->args[i]))
            return false;
    return true;
}
