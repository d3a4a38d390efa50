/* Random rules mean the same as their disjunctive normal forms. */
#include "normalise_case.h"

/* A request that a rule is held against, and random rules. Headers are 12 independent conditions. */
struct request {
    const char *host, *path, *method;
    unsigned headers; /* bit i: header i has value x */
};

static uint64_t state;

static unsigned random_below(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

static void put_random_call(struct buf *out, bool headers_only)
{
    static const char *const calls[] = {
        "Host(`a`)",         "Host(`b`)",        "HOST(`A.`)",    "Host(`*`)",       "Host(`a/b`)",
        "Path(`/`)",         "Path(`/x`)",       "Path(`/x/y`)",  "PathPrefix(`/`)", "PathPrefix(`/x`)",
        "Pathprefix(`/x/`)", "PathPrefix(`/z`)", "Method(`GET`)", "method(`put`)",   "Path(`/x?`)",
    };
    if (headers_only || random_below(4) == 0)
        buf_printf(out, "Header(`%u`, `x`)", random_below(8));
    else
        buf_puts(out, calls[random_below(sizeof calls / sizeof *calls)]);
}

static void put_random_rule(struct buf *out, unsigned depth, bool headers_only)
{
    unsigned what = depth ? random_below(10) : 0;
    if (what < 2) {
        put_random_call(out, headers_only);
    } else if (what < 4) {
        buf_puts(out, "!(");
        put_random_rule(out, depth - 1, headers_only);
        buf_putc(out, ')');
    } else {
        buf_putc(out, '(');
        put_random_rule(out, depth - 1, headers_only);
        buf_puts(out, what < 7 ? ") && (" : ") || (");
        put_random_rule(out, depth - 1, headers_only);
        buf_putc(out, ')');
    }
}

/* The reference: what a call means, from its arguments as written or as normalised. */
static bool call_holds(enum matcher matcher, const struct str *args, const struct request *r)
{
    switch (matcher) {
    case MATCHER_HOST: {
        struct str host = args[0];
        host.n -= str_ends(host, STR("."));
        return str_eq(host, STR("*")) || (*r->host && str_eq_nocase(host, str_c(r->host)));
    }
    case MATCHER_PATH:
        return str_eq(args[0], str_c(r->path));
    case MATCHER_PATH_PREFIX:
        return str_starts(str_c(r->path), args[0]);
    case MATCHER_METHOD:
        return str_eq_nocase(args[0], str_c(r->method));
    default:
        return r->headers >> (args[0].p[0] - '0') & 1;
    }
}

static bool rule_holds(const struct rule_node *node, const struct request *r)
{
    switch (node->op) {
    case RULE_CALL:
        return call_holds(matcher_by_name(node->name), node->args, r);
    case RULE_NOT:
        return !rule_holds(node->left, r);
    case RULE_AND:
        return rule_holds(node->left, r) && rule_holds(node->right, r);
    default:
        return rule_holds(node->left, r) || rule_holds(node->right, r);
    }
}

static bool conjunct_holds(const struct rule_conjunct *c, const struct request *r)
{
    for (size_t i = 0; i < c->n; i++)
        if (call_holds(c->literals[i].matcher, c->literals[i].args, r) == c->literals[i].negated)
            return false;
    return true;
}

static bool dnf_holds(struct rule_dnf dnf, const struct request *r)
{
    for (size_t i = 0; i < dnf.n; i++)
        if (conjunct_holds(&dnf.conjuncts[i], r))
            return true;
    return false;
}

/* What the stages behind rely on. */
static void check_simplified(struct rule_dnf dnf)
{
    for (size_t i = 0; i < dnf.n; i++) {
        const struct rule_conjunct *c = &dnf.conjuncts[i];
        size_t hosts = 0, paths = 0;
        ck_assert(i == 0 || dnf.conjuncts[i - 1].n <= c->n);
        for (size_t j = 0; j < c->n; j++) {
            const struct rule_literal *l = &c->literals[j];
            hosts += l->matcher == MATCHER_HOST && !l->negated;
            paths += (l->matcher == MATCHER_PATH || l->matcher == MATCHER_PATH_PREFIX) && !l->negated;
            ck_assert(!str_eq(l->args[0], STR("*")) && !has(l->args[0], "/b") && !has(l->args[0], "?"));
        }
        ck_assert_uint_le(hosts, 2); /* a and a. */
        ck_assert_uint_le(paths, 1);
    }
}

START_TEST(random_rules_mean_the_same)
{
    static const char *const hosts[] = { "", "a", "b", "c" };
    static const char *const paths[] = { "/", "/x", "/x/", "/x/y", "/xy", "/z", "/q" };
    state = (uint64_t)_i;
    for (int round = 0; round < 100; round++) {
        struct buf text = { 0 };
        put_random_rule(&text, 1 + random_below(6), _i % 2);
        struct str copy;
        const struct rule_node *rule = parse_exact(buf_str(&text), &copy);
        struct rule_dnf dnf;
        if (rule_normalise(arena, check_quietly(rule, RULE_V3, copy), copy, KEY, &dnf, diag)) {
            check_simplified(dnf);
            for (unsigned i = 0; i < 256; i++) {
                struct request r = { hosts[random_below(4)], paths[random_below(7)],
                                     random_below(2) ? "GET" : "PUT", i };
                ck_assert_msg(rule_holds(rule, &r) == dnf_holds(dnf, &r),
                              "%s at host %s path %s %s headers %u", text.p, r.host, r.path, r.method, i);
            }
        }
        buf_fini(&text);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { random_rules_mean_the_same, 16 }, { NULL, 0 } };
    return run_rule_suite("normalise_random", rows);
}
