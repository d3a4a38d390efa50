/* Whether a backtracking matcher may need time beyond all bounds: where a repetition can take the same text
 * in more ways than one. For what is repeated the positions of its characters are the states of an automaton,
 * and pairs of states are walked: a pair of two different ones that comes back to where it was one state is a
 * text that is read in two ways, each time round (Weber and Seidl, "On the degree of ambiguity of finite
 * automata"). */
#include "route/regex_tree.h"

/* {n,m} from MANY on counts as without bound; fewer are copied. Repetitions with more characters are taken to
 * be dangerous. */
enum { MANY = 10, MAX_STATES = 200 };

struct state {
    const struct regex_node *class;
};

typedef VEC(size_t) list;

struct automaton {
    struct state states[MAX_STATES];
    size_t n;
    bool too_large;
    bool twice; /* some step can be made in two ways: around an inner repetition, and around an outer one */
    bool next[MAX_STATES][MAX_STATES];
};

/* What a part of the expression begins and ends with, and whether it may be nothing. */
struct ends {
    list first, last;
    bool nullable;
};

static void ends_fini(struct ends *e)
{
    vec_fini(&e->first);
    vec_fini(&e->last);
}

static void append(list *to, const list *from)
{
    for (size_t i = 0; i < from->n; i++)
        vec_push(to, from->p[i]);
}

static void connect(struct automaton *a, const list *last, const list *first)
{
    for (size_t i = 0; i < last->n; i++)
        for (size_t j = 0; j < first->n; j++) {
            bool *step = &a->next[last->p[i]][first->p[j]];
            a->twice = a->twice || *step;
            *step = true;
        }
}

static struct ends add_node(struct automaton *a, const struct regex_node *node);

/* x, then y; takes both over. */
static struct ends follow(struct automaton *a, struct ends x, struct ends y)
{
    connect(a, &x.last, &y.first);
    if (x.nullable)
        append(&x.first, &y.first);
    if (y.nullable)
        append(&y.last, &x.last);
    struct ends out = { .first = x.first, .last = y.last, .nullable = x.nullable && y.nullable };
    vec_fini(&x.last);
    vec_fini(&y.first);
    return out;
}

static struct ends add_repeat(struct automaton *a, const struct regex_node *node)
{
    struct ends out = { .nullable = true };
    bool endless = node->max >= MANY;
    size_t copies = endless ? 1 : node->max;
    for (size_t i = 0; i < copies && !a->too_large; i++) {
        struct ends one = add_node(a, node->parts[0]);
        one.nullable = one.nullable || i >= node->min || endless;
        if (endless)
            connect(a, &one.last, &one.first);
        out = follow(a, out, one);
    }
    out.nullable = out.nullable && (node->min == 0 || regex_is_nullable(node->parts[0]));
    return out;
}

static struct ends add_node(struct automaton *a, const struct regex_node *node)
{
    struct ends out = { .nullable = true };
    if (node->op == REGEX_CLASS) {
        a->too_large = a->too_large || a->n == MAX_STATES;
        if (a->too_large)
            return out;
        a->states[a->n].class = node;
        vec_push(&out.first, a->n);
        vec_push(&out.last, a->n);
        a->n++;
        out.nullable = false;
    } else if (node->op == REGEX_REPEAT) {
        return add_repeat(a, node);
    } else if (node->op == REGEX_CONCAT) {
        for (size_t i = 0; i < node->n && !a->too_large; i++)
            out = follow(a, out, add_node(a, node->parts[i]));
    } else if (node->op == REGEX_CHOICE) {
        out.nullable = false;
        for (size_t i = 0; i < node->n && !a->too_large; i++) {
            struct ends one = add_node(a, node->parts[i]);
            append(&out.first, &one.first);
            append(&out.last, &one.last);
            out.nullable = out.nullable || one.nullable;
            ends_fini(&one);
        }
    }
    return out;
}

static bool overlaps(const struct regex_node *a, const struct regex_node *b)
{
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        if (a->ranges[i].hi < b->ranges[j].lo)
            i++;
        else if (b->ranges[j].hi < a->ranges[i].lo)
            j++;
        else
            return true;
    }
    return false;
}

typedef bool relation[MAX_STATES][MAX_STATES];

/* Pairs that were reached. A step of both states is made as two halves, each pair and half once: so the time
 * grows with the cube of the states, not with their fourth power. */
struct walk {
    const struct automaton *a;
    bool backward;
    relation half; /* the first state has gone on, the second not yet */
    VEC(size_t) open, open_halves;
};

static bool steps(const struct walk *w, size_t from, size_t to)
{
    return w->backward ? w->a->next[to][from] : w->a->next[from][to];
}

static void reach_halves(struct walk *w, size_t pair)
{
    size_t p = pair / MAX_STATES, q = pair % MAX_STATES;
    for (size_t i = 0; i < w->a->n; i++)
        if (steps(w, p, i) && !w->half[i][q]) {
            w->half[i][q] = true;
            vec_push(&w->open_halves, i * MAX_STATES + q);
        }
}

static void reach_pairs(struct walk *w, size_t half, relation marks)
{
    size_t i = half / MAX_STATES, q = half % MAX_STATES;
    for (size_t j = 0; j < w->a->n; j++)
        if (steps(w, q, j) && !marks[i][j] && overlaps(w->a->states[i].class, w->a->states[j].class)) {
            marks[i][j] = true;
            vec_push(&w->open, i * MAX_STATES + j);
        }
}

/* Marks all pairs that a pair of equal states reaches (or, backward, that reach one). */
static void mark_pairs(const struct automaton *a, relation marks, bool backward)
{
    struct walk *w = xmalloc(sizeof *w);
    memset(w, 0, sizeof *w);
    w->a = a;
    w->backward = backward;
    for (size_t i = 0; i < a->n; i++) {
        marks[i][i] = true;
        vec_push(&w->open, i * MAX_STATES + i);
    }
    while (w->open.n || w->open_halves.n) {
        if (w->open.n)
            reach_halves(w, w->open.p[--w->open.n]);
        else
            reach_pairs(w, w->open_halves.p[--w->open_halves.n], marks);
    }
    vec_fini(&w->open);
    vec_fini(&w->open_halves);
    free(w);
}

/* All states lie on one loop, that of the repetition. */
static bool is_ambiguous(const struct automaton *a)
{
    relation *marks = xmalloc(2 * sizeof *marks);
    bool(*from)[MAX_STATES] = marks[0], (*to)[MAX_STATES] = marks[1];
    memset(marks, 0, 2 * sizeof *marks);
    mark_pairs(a, from, false);
    mark_pairs(a, to, true);
    bool found = false;
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < a->n && !found; j++)
            found = i != j && from[i][j] && to[i][j];
    free(marks);
    return found;
}

static bool repeats_ambiguously(const struct regex_node *repeat)
{
    struct automaton *a = xmalloc(sizeof *a);
    memset(a, 0, sizeof *a);
    struct ends ends = add_repeat(a, repeat);
    bool found = a->too_large || a->twice || is_ambiguous(a);
    ends_fini(&ends);
    free(a);
    return found;
}

static bool is_endless(const struct regex_node *node)
{
    return node->op == REGEX_REPEAT && node->max >= MANY;
}

/* Of a repetition of one class, its class. */
static const struct regex_node *class_of_loop(const struct regex_node *node)
{
    return is_endless(node) && node->parts[0]->op == REGEX_CLASS ? node->parts[0] : NULL;
}

/* Two repetitions of overlapping classes with nothing between that must be there; and something behind them
 * that may fail. */
static bool loops_touch(const struct regex_node *const *parts, size_t n, bool something_follows)
{
    for (size_t i = 0; i < n; i++) {
        const struct regex_node *class = class_of_loop(parts[i]);
        for (size_t j = i + 1; class && j < n; j++) {
            const struct regex_node *other = class_of_loop(parts[j]);
            if (other && overlaps(class, other) && (something_follows || j + 1 < n))
                return true;
            if (!regex_is_nullable(parts[j]) && !regex_is_zero_width(parts[j]))
                break;
        }
    }
    return false;
}

static bool explodes(const struct regex_node *node)
{
    bool many = is_endless(node) && node->parts[0]->op != REGEX_CLASS && !regex_is_zero_width(node->parts[0]);
    /* Which of a hundred copies take nothing is a choice, too. */
    bool choice = many && node->max != REGEX_UNBOUNDED && regex_is_nullable(node->parts[0]);
    if (choice || (many && repeats_ambiguously(node)))
        return true;
    if (node->op == REGEX_CONCAT && loops_touch(node->parts, node->n, true))
        return true;
    bool inner = node->op == REGEX_CONCAT || node->op == REGEX_CHOICE || node->op == REGEX_REPEAT;
    for (size_t i = 0; inner && i < node->n; i++)
        if (explodes(node->parts[i]))
            return true;
    return false;
}

bool regex_may_explode(const struct regex *re)
{
    for (size_t i = 0; !re->always && i < re->n_branches; i++) {
        if (loops_touch(re->branches[i].parts, re->branches[i].n, false))
            return true;
        for (size_t j = 0; j < re->branches[i].n; j++)
            if (explodes(re->branches[i].parts[j]))
                return true;
    }
    return false;
}
