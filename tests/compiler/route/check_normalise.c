/* The disjunctive normal form: examples, and truth tables of random rules. */
#include "rule_fixture.h"

static bool normalise(struct str rule_text, struct rule_dnf *out)
{
    struct str text;
    const struct rule_node *rule = parse_exact(rule_text, &text);
    ck_assert_msg(rule != NULL, "%.*s", STR_ARG(rule_text));
    return rule_normalise(arena, rule, text, KEY, out, diag);
}

/* "Host(a) !Path(/x) | …", "true" for a conjunct without literals. */
static void put_dnf(struct buf *out, struct rule_dnf dnf)
{
    buf_puts(out, dnf.n ? "" : "false");
    for (size_t i = 0; i < dnf.n; i++) {
        const struct rule_conjunct *c = &dnf.conjuncts[i];
        buf_puts(out, i ? " | " : "");
        buf_puts(out, c->n ? "" : "true");
        for (size_t j = 0; j < c->n; j++) {
            const struct rule_literal *l = &c->literals[j];
            buf_printf(out, "%s%s%s(", j ? " " : "", l->negated ? "!" : "", matcher_name(l->matcher));
            for (size_t k = 0; k < l->n_args; k++)
                buf_printf(out, "%s%.*s", k ? "," : "", STR_ARG(l->args[k]));
            buf_putc(out, ')');
        }
    }
}

static const struct {
    const char *rule, *dnf;
} examples[] = {
    { "Host(`a`)", "Host(a)" },
    { "HOST(`A.Test.`)", "Host(a.test)" },
    { "Host(`*`)", "true" },
    { "!Host(`*`)", "false" },
    { "Host(`a:80`)", "false" },
    { "!Host(`a:80`)", "true" },
    { "Method(`get`)", "Method(GET)" },
    { "Path(`/B`) && Host(`a`)", "Host(a) Path(/B)" },
    { "Path(`/x`) || Host(`b`) || Host(`a`)", "Host(a) | Host(b) | Path(/x)" },
    { "Host(`a`) && (Path(`/x`) || Path(`/y`))", "Host(a) Path(/x) | Host(a) Path(/y)" },
    { "(Host(`a`) || Host(`b`)) && (Path(`/x`) || Path(`/y`))",
      "Host(a) Path(/x) | Host(a) Path(/y) | Host(b) Path(/x) | Host(b) Path(/y)" },
    { "Host(`*`) && Path(`/x`)", "Path(/x)" },
    { "Host(`*`) || Path(`/x`)", "true" },
    { "Host(`a:80`) || Path(`/x`)", "Path(/x)" },
    { "Host(`a:80`) && Path(`/x`)", "false" },
    /* De Morgan. */
    { "!(Host(`a`) && Path(`/x`))", "!Host(a) | !Path(/x)" },
    { "!(Host(`a`) || Path(`/x`))", "!Host(a) !Path(/x)" },
    { "!(!Host(`a`) || !(Path(`/x`) || Path(`/y`)))", "Host(a) Path(/x) | Host(a) Path(/y)" },
    { "!(Host(`a`) && !(Path(`/x`) && Query(`q`)))", "!Host(a) | Path(/x) Query(q)" },
    /* Duplicates, contradictions, absorption. */
    { "Host(`a`) && Host(`A`) && Host(`a.`)", "Host(a)" },
    { "Host(`a`) || Host(`A.`)", "Host(a)" },
    { "Host(`a`) && Host(`b`)", "false" },
    { "Host(`a`) && !Host(`a`)", "false" },
    { "Host(`a`) && (Host(`b`) || Path(`/x`))", "Host(a) Path(/x)" },
    { "Path(`/x`) && Path(`/y`)", "false" },
    { "Method(`GET`) && Method(`PUT`)", "false" },
    { "Header(`a`, `1`) && Header(`a`, `2`)", "Header(a,1) Header(a,2)" },
    { "Query(`a`) && Query(`a`, `1`)", "Query(a) Query(a,1)" },
    { "Host(`a`) || Host(`a`) && Path(`/x`)", "Host(a)" },
    { "(Host(`a`) || Path(`/x`)) && (Host(`a`) || Path(`/y`))", "Host(a)" },
    /* One path says it all. */
    { "PathPrefix(`/a`) && PathPrefix(`/a/b`)", "PathPrefix(/a/b)" },
    { "PathPrefix(`/a/b`) && PathPrefix(`/a`) && PathPrefix(`/a/bc`)", "PathPrefix(/a/bc)" },
    { "PathPrefix(`/a`) && PathPrefix(`/b`)", "false" },
    { "PathPrefix(`/a`) && Path(`/ab`)", "Path(/ab)" },
    { "Path(`/a`) && PathPrefix(`/ab`)", "false" },
    { "PathPrefix(`/a`) && !PathPrefix(`/a/b`)", "PathPrefix(/a) !PathPrefix(/a/b)" },
};

START_TEST(examples_come_out_as_written)
{
    struct rule_dnf dnf;
    ck_assert(normalise(str_c(examples[_i].rule), &dnf));
    struct buf out = { 0 };
    put_dnf(&out, dnf);
    ck_assert_str_eq(out.p, examples[_i].dnf);
    buf_fini(&out);
}
END_TEST

START_TEST(a_rule_that_contradicts_itself_is_told)
{
    struct rule_dnf dnf;
    ck_assert(normalise(STR("Host(`a`) && Host(`b`)"), &dnf));
    ck_assert_uint_eq(diag_total(diag), 1);
    ck_assert_int_eq(diag_get(diag, 0)->code, FINDING_RULE_NEVER);
    ck_assert(normalise(STR("Host(`a`) && Host(`b`) || Path(`/x`)"), &dnf));
    ck_assert(normalise(STR("Host(`a:80`)"), &dnf)); /* that is rule_check's to tell */
    ck_assert_uint_eq(diag_total(diag), 1);
}
END_TEST

/* (Header(`a0`,`x`) || Header(`b0`,`x`)) && …: 2^n conjuncts of n literals. */
static struct str product_of(size_t n)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s(Header(`a%zu`,`x`)||Header(`b%zu`,`x`))", i ? "&&" : "", i, i);
    struct str out = arena_copy(arena, buf_str(&b));
    buf_fini(&b);
    return out;
}

START_TEST(the_size_is_known_and_bounded)
{
    struct rule_dnf dnf;
    struct str text;
    struct rule_size size = rule_measure(parse_exact(product_of(12), &text));
    ck_assert_uint_eq(size.conjuncts, 4096);
    ck_assert_uint_eq(size.literals, 4096 * 12);
    ck_assert_uint_eq(size.calls, 24);
    ck_assert(normalise(product_of(12), &dnf));
    ck_assert_uint_eq(dnf.n, 4096);
    for (size_t n = 13; n <= 1000; n = n < 16 ? n + 1 : n * 3) {
        size_t n_findings = diag_total(diag);
        ck_assert(!normalise(product_of(n), &dnf));
        ck_assert_uint_eq(diag_total(diag), n_findings + 1);
        ck_assert_int_eq(diag_get(diag, n_findings)->code, FINDING_RULE_TOO_LARGE);
    }
    ck_assert(has(diag_get(diag, 0)->message, "8192 alternatives"));
    ck_assert(has(diag_get(diag, diag_total(diag) - 1)->message, "more than"));
}
END_TEST

START_TEST(many_literals_are_bounded_too)
{
    struct buf b = { 0 };
    buf_put(&b, product_of(11));
    for (int i = 0; i < 100; i++)
        buf_printf(&b, "&&Header(`c%d`,`x`)", i);
    struct rule_dnf dnf;
    ck_assert(!normalise(buf_str(&b), &dnf));
    ck_assert_int_eq(diag_get(diag, 0)->code, FINDING_RULE_TOO_LARGE);
    buf_fini(&b);
}
END_TEST

START_TEST(a_list_of_thousands_of_hosts_is_fine)
{
    struct buf b = { 0 };
    for (int i = 0; i < 4000; i++)
        buf_printf(&b, "%sHost(`h%d`)", i ? "||" : "", i);
    struct rule_dnf dnf;
    ck_assert(normalise(buf_str(&b), &dnf));
    ck_assert_uint_eq(dnf.n, 4000);
    buf_fini(&b);
}
END_TEST

START_TEST(the_result_outlives_text_and_tree)
{
    struct arena *trees = arena_create();
    char *text = strdup("Host(`a`) && Query(\"\\x71\", `v`) || Path(`/x`)");
    struct rule_dnf dnf;
    const struct rule_node *rule = rule_parse(trees, str_c(text), KEY, diag);
    ck_assert(rule_normalise(arena, rule, str_c(text), KEY, &dnf, diag));
    memset(text, 'z', strlen(text));
    free(text);
    arena_destroy(trees);
    struct buf out = { 0 };
    put_dnf(&out, dnf);
    ck_assert_str_eq(out.p, "Path(/x) | Host(a) Query(q,v)");
    buf_fini(&out);
}
END_TEST

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
        "Host(`a`)",         "Host(`b`)",        "HOST(`A.`)",    "Host(`*`)",       "Host(`a:80`)",
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
            ck_assert(!str_eq(l->args[0], STR("*")) && !has(l->args[0], ":") && !has(l->args[0], "?"));
        }
        ck_assert_uint_le(hosts, 1);
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
        if (rule_normalise(arena, rule, copy, KEY, &dnf, diag)) {
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
    const struct test_row rows[] = {
        { examples_come_out_as_written, ROWS(examples) },
        { a_rule_that_contradicts_itself_is_told, 0 },
        { the_size_is_known_and_bounded, 0 },
        { many_literals_are_bounded_too, 0 },
        { a_list_of_thousands_of_hosts_is_fine, 0 },
        { the_result_outlives_text_and_tree, 0 },
        { random_rules_mean_the_same, 16 },
        { NULL, 0 },
    };
    return run_rule_suite("normalise", rows);
}
