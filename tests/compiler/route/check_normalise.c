/* The disjunctive normal form: examples and bounds; check_normalise_random.c has truth tables of random
 * rules. */
#include "normalise_case.h"

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
            if (l->dots)
                buf_printf(out, "+%zu", l->dots);
            buf_puts(out, l->regex ? ")~" : ")");
        }
    }
}

static const struct {
    const char *rule, *dnf;
} examples[] = {
    { "Host(`a`)", "Host(a)" },
    { "HOST(`A.Test.`)", "Host(a.test+1)" },
    { "Host(`a..`)", "Host(a+2)" },
    { "Host(`*.A.test`)", "Host with a wildcard(a.test)" },
    { "Host(`*.a.test..`)", "Host with a wildcard(a.test+2)" },
    { "Host(`*.`)", "HostRegexp(^[^.]+$|^[^.]*\\.{1,2}$)~" },
    { "Host(`*..`)", "HostRegexp(^[^.]*\\.{1,3}$)~" },
    { "Host(`.`)", "HostRegexp(^\\.{1,2}$)~" },
    { "Host(`a.*.b`)", "Host(a.*.b)" },
    { "Host(`*a`)", "false" },
    { "Host(`::1`)", "Host(::1)" },
    { "Host(`a:80`)", "HostRegexp(^a:80\\.{0,1}$)~" },
    { "HostRegexp(`.*`)", "true" },
    { "HostRegexp(`a`)", "HostRegexp(a)~" },
    { "HostRegexp(`^$`)", "true" }, /* Traefik tries an empty name, too */
    { "HostRegexp(`^[a-z]*$`)", "true" },
    { "!PathRegexp(`^`)", "false" },
    { "PathRegexp(`^/a`)", "PathPrefix(/a)" },
    { "PathRegexp(`^/a/.*`)", "PathPrefix(/a/)" },
    { "PathRegexp(`^/a\\.b$`)", "Path(/a.b)" },
    { "PathRegexp(`^a`)", "PathRegexp(^a)~" },
    { "HeaderRegexp(`X-A`, `.*`)", "HeaderRegexp(x-a,.*)~" },
    { "Header(`X-A`, `V`)", "Header(x-a,V)" },
    { "QueryRegexp(`a`)", "Query(a)" },
    { "Query(`a`, `b`) && QueryRegexp(`a`, `b`)", "Query(a,b) QueryRegexp(a,b)~" },
    { "Method(`po\xc5\xbft`)", "Method(POST)" },
    { "ClientIP(`1.2.3.4`)", "ClientIP(1.2.3.4/32)" },
    { "ClientIP(`1.2.3.4/8`)", "ClientIP(1.0.0.0/8)" },
    { "ClientIP(`1.2.3.4/0`)", "ClientIP(0.0.0.0/0)" },
    { "ClientIP(`::ffff:1.2.3.4`)", "ClientIP(1.2.3.4/32)" },
    { "ClientIP(`::FFFF:1.2.3.4/112`)", "ClientIP(1.2.0.0/16)" },
    { "ClientIP(`::ffff:1.2.3.4/95`)", "ClientIP(::fffe:0:0/95)" },
    { "ClientIP(`2001:DB8::1/33`)", "ClientIP(2001:db8::/33)" },
    { "Host(`*`)", "true" },
    { "!Host(`*`)", "false" },
    { "Host(`a/b`)", "false" },
    { "!Host(`a/b`)", "true" },
    { "Method(`get`)", "Method(GET)" },
    { "Path(`/B`) && Host(`a`)", "Host(a) Path(/B)" },
    { "Path(`/x`) || Host(`b`) || Host(`a`)", "Host(a) | Host(b) | Path(/x)" },
    { "Host(`a`) && (Path(`/x`) || Path(`/y`))", "Host(a) Path(/x) | Host(a) Path(/y)" },
    { "(Host(`a`) || Host(`b`)) && (Path(`/x`) || Path(`/y`))",
      "Host(a) Path(/x) | Host(a) Path(/y) | Host(b) Path(/x) | Host(b) Path(/y)" },
    { "Host(`*`) && Path(`/x`)", "Path(/x)" },
    { "Host(`*`) || Path(`/x`)", "true" },
    { "Host(`a/b`) || Path(`/x`)", "Path(/x)" },
    { "Host(`a/b`) && Path(`/x`)", "false" },
    /* De Morgan. */
    { "!(Host(`a`) && Path(`/x`))", "!Host(a) | !Path(/x)" },
    { "!(Host(`a`) || Path(`/x`))", "!Host(a) !Path(/x)" },
    { "!(!Host(`a`) || !(Path(`/x`) || Path(`/y`)))", "Host(a) Path(/x) | Host(a) Path(/y)" },
    { "!(Host(`a`) && !(Path(`/x`) && Query(`q`)))", "!Host(a) | Path(/x) Query(q)" },
    /* Duplicates, contradictions, absorption. */
    { "Host(`a`) && Host(`A`)", "Host(a)" },
    { "Host(`a`) && Host(`a.`)", "Host(a) Host(a+1)" },
    { "Host(`a`) && Host(`a...`)", "false" },
    { "Host(`a`) || Host(`A`)", "Host(a)" },
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
    ck_assert(normalise(STR("Host(`a/b`)"), &dnf)); /* that is rule_check's to tell */
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
    const struct rule_node *product = parse_exact(product_of(12), &text);
    struct rule_size size = rule_measure(check_quietly(product, RULE_V3, text));
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
    rule = rule_check(arena, trees, rule, RULE_V3, str_c(text), KEY, diag);
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

/* The v2 syntax: the same literals. */
static const struct {
    const char *rule, *dnf;
} old_examples[] = {
    { "Host(`a`, `B.`)", "Host(a) | Host(b+1)" },
    { "!Host(`a`, `b`)", "!Host(a) !Host(b)" },
    { "HostHeader(`a`)", "Host(a)" },
    { "Host(`*.a`)", "Host(*.a)" },
    { "Host(`*`)", "HostRegexp(^\\*\\.{0,1}$)~" },
    { "HostRegexp(`A.test`)", "HostRegexp(^a\\.test$)~" },
    { "HostRegexp(`{sub:[A-Z]+}.a`, `{w}.b`)",
      "HostRegexp(^(?i:[A-Z]+)\\.a$)~ | HostRegexp(^(?i:[^.]+)\\.b$)~" },
    { "HostRegexp(`{any:.*}`)", "HostRegexp(^(?i:.*)$)~" },
    { "HostRegexp(`{any:a*}`)", "HostRegexp(^(?i:a*)$)~" },
    { "Path(`/a`, `/b`)", "Path(/a) | Path(/b)" },
    { "Path(`/a/{id}`)", "PathRegexp(^/a/(?:[^/]+)$)~" },
    { "Path(`/{id:[0-9]{1,2}}.x`)", "PathRegexp(^/(?:[0-9]{1,2})\\.x$)~" },
    { "PathPrefix(`/a`)", "PathPrefix(/a)" },
    { "PathPrefix(`/(x|y)`)", "PathPrefix(/(x|y))" },
    { "PathPrefix(`/a/{id:x|y}`)", "PathRegexp(^/a/(?:x|y))~" },
    { "Path(`/\xef\xbf\xbd`)", "PathRegexp(^/\xef\xbf\xbd$)~" },
    { "Method(`get`, `PUT`)", "Method(GET) | Method(PUT)" },
    { "!Method(`get`, `PUT`)", "!Method(GET) !Method(PUT)" },
    { "Headers(`X-A`, `1`, `X-B`, `2`)", "Header(x-a,1) Header(x-b,2)" },
    { "Headers(`X-A`, `1`, `X-A`, `2`)", "Header(x-a,2)" },
    { "Headers(`X-A`, `1`, `x-a`, `2`)", "Header(x-a,1) Header(x-a,2)" },
    { "!Headers(`X-A`, `1`, `X-B`, `2`)", "!Header(x-a,1) | !Header(x-b,2)" },
    { "HeadersRegexp(`X-A`, `1`)", "HeaderRegexp(x-a,1)~" },
    { "Query(`a=1`, `b=2`)", "first Query(a,1) first Query(b,2)" },
    { "Query(`a`, `1`)", "first Query(a,1)" },
    { "Query(`a`, `b=c`, `d`)", "first Query(a,b) first Query(c,d)" },
    { "Query(`a=`)", "first Query(a,^.*$)~" },
    { "Query(`a={n}`)", "first Query(a,^(?:.*)$)~" },
    { "Query(`a=x{n:[0-9]+}`)", "first Query(a,^x(?:[0-9]+)$)~" },
    { "Query(`a=b=c`)", "first Query(a,b=c)" },
    { "ClientIP(`1.2.3.4`, `::1`)", "ClientIP(1.2.3.4/32) | ClientIP(::1/128)" },
    { "Host(`a`, `b`) && Path(`/x`, `/y`)",
      "Host(a) Path(/x) | Host(a) Path(/y) | Host(b) Path(/x) | Host(b) Path(/y)" },
};

START_TEST(old_examples_come_out_as_written)
{
    struct rule_dnf dnf;
    ck_assert(normalise_as(RULE_V2, str_c(old_examples[_i].rule), &dnf));
    struct buf out = { 0 };
    put_dnf(&out, dnf);
    ck_assert_str_eq(out.p, old_examples[_i].dnf);
    buf_fini(&out);
}
END_TEST

static const struct {
    const char *rule;
    enum finding_code code;
    const char *message;
} old_faults[] = {
    { "Host(``)", FINDING_RULE_MATCHER, "empty" },
    { "Host()", FINDING_RULE_MATCHER, "missing" },
    { "Host(`\xc3\xa9`)", FINDING_RULE_MATCHER, "ASCII" },
    { "HostRegexp(`{x:(}`)", FINDING_RULE_REGEX, "not closed" },
    { "HostRegexp(`{:x}`)", FINDING_RULE_MATCHER, "name" },
    { "HostRegexp(`{x:}`)", FINDING_RULE_MATCHER, "name" },
    { "HostRegexp(`{x`)", FINDING_RULE_MATCHER, "}" },
    { "Path(`/x}`)", FINDING_RULE_MATCHER, "without {" },
    { "Path(`x`)", FINDING_RULE_MATCHER, "begins with /" },
    { "Path(`{x}`)", FINDING_RULE_MATCHER, "begins with /" },
    { "Path(\"/\\xff\")", FINDING_RULE_REGEX, "UTF-8" },
    { "PathPrefix(`/{a:[}`)", FINDING_RULE_REGEX, "]" },
    { "Path(`/{a:x)(y}`)", FINDING_RULE_REGEX, ")" },
    { "Headers(`a`)", FINDING_RULE_MATCHER, "pairs" },
    { "HeadersRegexp(`a`, `(`)", FINDING_RULE_REGEX, "not closed" },
    { "HeadersRegexp(`a`, `(`, `a`, `x`)", FINDING_RULE_REGEX, "not closed" },
    { "Query(`a`)", FINDING_RULE_MATCHER, "name, = and" },
    { "Query(`a={v}`, `b={v}`)", FINDING_RULE_MATCHER, "same name" },
    { "Query(`{a}=1`)", FINDING_NOT_SUPPORTED, "not supported" },
    { "ClientIP(`1.2.3.4`, `x`)", FINDING_RULE_MATCHER, "address" },
    { "Header(`a`, `b`)", FINDING_RULE_MATCHER, "v3" },
    { "PathRegexp(`a`)", FINDING_RULE_MATCHER, "v3" },
    { "Methods(`GET`)", FINDING_RULE_MATCHER, "no matcher" },
    { "HostRegexp(`{h:(?-i)a}`)", FINDING_RULE_DIFFERS, "lower case" },
    { "HostRegexp(`{h:[0-9a-f:]+}`)", FINDING_RULE_DIFFERS, "brackets" },
};

START_TEST(old_faults_are_told)
{
    struct str text;
    const struct rule_node *rule = parse_exact(str_c(old_faults[_i].rule), &text);
    ck_assert_ptr_nonnull(rule);
    bool ok = rule_check(arena, arena, rule, RULE_V2, text, KEY, diag) != NULL;
    ck_assert_msg(diag_total(diag) == 1, "%s", old_faults[_i].rule);
    const struct finding *f = diag_get(diag, 0);
    ck_assert_msg(f->code == old_faults[_i].code, "%s: %s", old_faults[_i].rule, finding_name(f->code));
    ck_assert_msg(has(f->message, old_faults[_i].message), "%s: %s", old_faults[_i].rule, f->message.p);
    ck_assert(ok == (f->code == FINDING_RULE_DIFFERS));
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { examples_come_out_as_written, ROWS(examples) },
        { old_examples_come_out_as_written, ROWS(old_examples) },
        { old_faults_are_told, ROWS(old_faults) },
        { a_rule_that_contradicts_itself_is_told, 0 },
        { the_size_is_known_and_bounded, 0 },
        { many_literals_are_bounded_too, 0 },
        { a_list_of_thousands_of_hosts_is_fine, 0 },
        { the_result_outlives_text_and_tree, 0 },
        { NULL, 0 },
    };
    return run_rule_suite("normalise", rows);
}
