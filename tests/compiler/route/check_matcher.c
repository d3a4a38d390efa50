/* Calls of matchers: names, numbers and forms of arguments, what never matches. */
#include "rule_fixture.h"

#include "route/matcher.h"

static const struct {
    const char *name;
    enum matcher matcher;
} names[] = {
    { "Host", MATCHER_HOST },
    { "host", MATCHER_HOST },
    { "HOST", MATCHER_HOST },
    { "hOST", MATCHER_COUNT },
    { "HOst", MATCHER_COUNT },
    { "PathPrefix", MATCHER_PATH_PREFIX },
    { "pathprefix", MATCHER_PATH_PREFIX },
    { "PATHPREFIX", MATCHER_PATH_PREFIX },
    { "Pathprefix", MATCHER_PATH_PREFIX },
    { "pathPrefix", MATCHER_COUNT },
    { "PATHprefix", MATCHER_COUNT },
    { "ClientIP", MATCHER_CLIENT_IP },
    { "Clientip", MATCHER_CLIENT_IP },
    { "ClientIp", MATCHER_COUNT },
    { "HostRegexp", MATCHER_HOST_REGEXP },
    { "PathRegexp", MATCHER_PATH_REGEXP },
    { "Path", MATCHER_PATH },
    { "Method", MATCHER_METHOD },
    { "Header", MATCHER_HEADER },
    { "headerregexp", MATCHER_HEADER_REGEXP },
    { "Query", MATCHER_QUERY },
    { "QueryRegexp", MATCHER_QUERY_REGEXP },
    { "Hos", MATCHER_COUNT },
    { "Hostt", MATCHER_COUNT },
    { "", MATCHER_COUNT },
};

START_TEST(names_have_four_spellings)
{
    ck_assert_int_eq(matcher_by_name(str_c(names[_i].name)), names[_i].matcher);
}
END_TEST

#define OK    FINDING_COUNT
#define BAD   FINDING_RULE_MATCHER
#define REGEX FINDING_RULE_REGEX
#define NEVER FINDING_RULE_NEVER

static const struct {
    const char *rule;
    enum finding_code code; /* of the first finding; OK: none */
    const char *message, *nearest;
} calls[] = {
    { "Host(`a.test`)", OK, "", "" },
    { "HOST(`A.test.`)", OK, "", "" },
    { "Host(`*`)", OK, "", "" },
    { "Host(`::1`)", OK, "", "" },
    { "Host(`2001:DB8::a`)", OK, "", "" },
    { "Host(`a_b-c.test`)", OK, "", "" },
    { "Path(`/`)", OK, "", "" },
    { "Path(`/a b/\xc3\xa9\"\\`)", OK, "", "" },
    { "PathPrefix(`/a%2Fb%3Ac`)", OK, "", "" },
    { "PathPrefix(`/a%`)", OK, "", "" },
    { "PathPrefix(`/a%2`)", OK, "", "" },
    { "Host(`a`) && (Path(`/x`) || PathPrefix(`/y`))", OK, "", "" },
    { "!!Host(`a`)", OK, "", "" },
    { "!(!Host(`a`) && !Path(`/x`))", OK, "", "" },
    /* Names. */
    { "Foo(`a`)", BAD, "Foo is no matcher", "" },
    { "Hosts(`a`)", BAD, "no matcher", "Host" },
    { "PathPrefx(`/a`)", BAD, "no matcher", "PathPrefix" },
    { "pathPrefix(`/a`)", BAD, "no spelling", "PathPrefix" },
    { "HostSNI(`a`)", BAD, "TCP", "" },
    { "HostSNIRegexp(`a`)", BAD, "TCP", "" },
    { "ALPN(`h2`)", BAD, "TCP", "" },
    { "Headers(`a`, `b`)", BAD, "v2", "" },
    { "HostHeader(`a`)", BAD, "v2", "" },
    { "HeadersRegexp(`a`, `b`)", BAD, "v2", "" },
    /* Numbers of arguments. */
    { "Host()", BAD, "one argument, not 0", "" },
    { "Host(`a`, `b`)", BAD, "one argument, not 2; alternatives are joined with ||", "" },
    { "Path(`/a`, `/b`)", BAD, "one argument", "" },
    { "Method(`GET`, `PUT`)", BAD, "one argument", "" },
    { "Header(`a`)", BAD, "two arguments, not 1", "" },
    { "Header(`a`, `b`, `c`)", BAD, "two arguments, not 3", "" },
    { "HeaderRegexp()", BAD, "two arguments, not 0", "" },
    { "Query()", BAD, "one or two arguments, not 0", "" },
    { "Query(`a`, `b`, `c`)", BAD, "one or two arguments, not 3", "" },
    { "ClientIP(`1.2.3.4`, `1.2.3.5`)", BAD, "one argument", "" },
    { "Host(``)", BAD, "empty", "" },
    { "Header(`a`, ``)", BAD, "empty", "" },
    { "Query(`a`, ``)", BAD, "empty", "" },
    /* Forms. */
    { "Host(`\xc3\xa9.test`)", BAD, "ASCII", "" },
    { "Host(\"\\xff\")", BAD, "ASCII", "" },
    { "Path(`foo`)", BAD, "begins with /", "" },
    { "PathPrefix(`foo`)", BAD, "begins with /", "" },
    { "ClientIP(`bad`)", BAD, "address", "" },
    { "ClientIP(`1.2.3.4/33`)", BAD, "address", "" },
    { "ClientIP(`1.2.3`)", BAD, "address", "" },
    { "ClientIP(`01.2.3.4`)", BAD, "address", "" },
    { "ClientIP(`1.2.3.4/`)", BAD, "address", "" },
    { "ClientIP(`1.2.3.4/+8`)", BAD, "address", "" },
    { "ClientIP(`::1/129`)", BAD, "address", "" },
    { "ClientIP(`fe80::1%eth0`)", BAD, "address", "" },
    { "ClientIP(\"1.2.3.4\\x00\")", BAD, "address", "" },
    { "HostRegexp(`\xc3\xa9`)", BAD, "ASCII", "" },
    { "Path(`/x`) && HostRegexp(`(`)", REGEX, "not closed", "" },
    { "PathRegexp(`(?=x)`)", REGEX, "look-ahead", "" },
    { "HeaderRegexp(`a`, `a++`)", REGEX, "two repetitions", "" },
    { "QueryRegexp(`a`, `\\1`)", REGEX, "back-references", "" },
    /* All of them. */
    { "HostRegexp(`.*`)", OK, "", "" },
    { "PathRegexp(`x`)", OK, "", "" },
    { "Method(`GET`)", OK, "", "" },
    { "Header(`a`, `b`)", OK, "", "" },
    { "HeaderRegexp(`a`, `b`)", OK, "", "" },
    { "Query(`a`)", OK, "", "" },
    { "Query(`a`, `b`)", OK, "", "" },
    { "QueryRegexp(`a`, `b`)", OK, "", "" },
    { "QueryRegexp(`a`)", OK, "", "" },
    { "ClientIP(`1.2.3.4`)", OK, "", "" },
    { "ClientIP(`1.2.3.4/024`)", OK, "", "" },
    { "ClientIP(`::ffff:1.2.3.4`)", OK, "", "" },
    { "ClientIP(`2001:db8::/32`)", OK, "", "" },
    { "Host(`*.a.test`)", OK, "", "" },
    { "Host(`*.`)", OK, "", "" },
    { "Host(`.`)", OK, "", "" },
    { "!Host(`a`)", OK, "", "" },
    { "!Host(`*`)", OK, "", "" },
    { "!(Host(`a`) || Path(`/x`))", OK, "", "" },
    { "Path(`/x`) && !PathPrefix(`/y`)", OK, "", "" },
    { "PathRegexp(`^(x+x+)+y`)", FINDING_REGEX_BACKTRACK, "many ways", "" },
    /* What is odd is told too, and what it can match is kept. */
    { "Host(`a.test:8080`)", NEVER, "next to nothing: rules see the host without its port", "" },
    { "Host(`[::1]`)", NEVER, "next to nothing", "" },
    { "Host(`a.*.test`)", NEVER, "next to nothing", "" },
    /* What never matches is told, but is no error. */
    { "Host(`*a.test`)", NEVER, "wildcard", "" },
    { "Host(`http://a.test`)", NEVER, "character", "" },
    { "Host(`a.test/x`)", NEVER, "character", "" },
    { "Host(`{sub:[a-z]+}.test`)", NEVER, "character", "" },
    { "Host(` a.test`)", NEVER, "character", "" },
    { "Host(\"a\\x00b\")", NEVER, "character", "" },
    { "Method(`a b`)", NEVER, "no method", "" },
    { "Header(`Host`, `a`)", NEVER, "the matcher Host", "" },
    { "HeaderRegexp(`host`, `a`)", NEVER, "the matcher Host", "" },
    { "Header(`Transfer-Encoding`, `chunked`)", NEVER, "do not see", "" },
    { "Header(`a b`, `x`)", NEVER, "no header's name", "" },
    { "Header(`a`, ` x`)", NEVER, "blanks", "" },
    { "Header(`a`, \"x\\x01\")", NEVER, "no header has", "" },
    { "PathRegexp(`^/a\\?$`)", NEVER, "query", "" },
    { "Path(`/a?b=c`)", NEVER, "query", "" },
    { "Path(`/a#b`)", NEVER, "fragment", "" },
    { "Path(`/a%20b`)", NEVER, "decoded", "" },
    { "Path(`/a%2fb`)", NEVER, "upper case", "" },
    { "Path(`/a%`)", NEVER, "decoded", "" },
    { "Path(`/a%2`)", NEVER, "decoded", "" },
    { "PathPrefix(`/a%zz`)", NEVER, "decoded", "" },
    { "PathPrefix(`/%9`)", NEVER, "decoded", "" },
};

START_TEST(calls_are_checked)
{
    struct str text;
    const struct rule_node *rule = parse_exact(str_c(calls[_i].rule), &text);
    ck_assert_ptr_nonnull(rule);
    bool ok = rule_check(arena, arena, rule, RULE_V3, text, KEY, diag) != NULL;
    ck_assert_msg(ok == (calls[_i].code != BAD && calls[_i].code != REGEX), "%s", calls[_i].rule);
    ck_assert_msg((diag_total(diag) == 0) == (calls[_i].code == OK), "%s", calls[_i].rule);
    if (calls[_i].code == OK)
        return;
    const struct finding *f = diag_get(diag, 0);
    ck_assert_msg(f->code == calls[_i].code, "%s: %s", calls[_i].rule, finding_name(f->code));
    ck_assert_msg(has(f->message, calls[_i].message), "%s: %s", calls[_i].rule, f->message.p);
    ck_assert_msg(str_eq(f->nearest, str_c(calls[_i].nearest)), "%s: %s", calls[_i].rule, f->nearest.p);
    ck_assert(str_eq(f->key, KEY));
}
END_TEST

START_TEST(the_marker_stands_under_the_call)
{
    struct str text;
    const struct rule_node *rule = parse_exact(STR("Host(`a`) && (Path( `x` ) || Foo(`b`))"), &text);
    ck_assert(!rule_check(arena, arena, rule, RULE_V3, text, KEY, diag));
    ck_assert_uint_eq(diag_total(diag), 2);
    const struct finding *path = diag_get(diag, 0), *foo = diag_get(diag, 1);
    ck_assert_mem_eq(path->text.p + path->at, "Path( `x` )", path->length);
    ck_assert_mem_eq(foo->text.p + foo->at, "Foo(`b`)", foo->length);
}
END_TEST

START_TEST(a_rule_that_is_all_wrong_is_brief)
{
    struct buf b = { 0 };
    for (int i = 0; i < 1000; i++)
        buf_puts(&b, "Foo(`a`) || ");
    buf_puts(&b, "Host(`a`)");
    struct str text;
    const struct rule_node *rule = parse_exact(buf_str(&b), &text);
    ck_assert(!rule_check(arena, arena, rule, RULE_V3, text, KEY, diag));
    ck_assert_uint_eq(diag_count(diag, SEVERITY_NOTE), 8);
    buf_fini(&b);
}
END_TEST

START_TEST(a_fault_in_a_pattern_is_marked)
{
    struct str text;
    const struct rule_node *rule = parse_exact(STR("Path(`/x`) || PathRegexp(`^/a(?=b)`)"), &text);
    ck_assert(!rule_check(arena, arena, rule, RULE_V3, text, KEY, diag));
    const struct finding *f = diag_get(diag, 0);
    ck_assert_uint_eq(f->length, 3);
    ck_assert_mem_eq(f->text.p + f->at, "(?=", 3);
}
END_TEST

START_TEST(usage_examples_are_right_themselves)
{
    const struct matcher_row *row = matcher_row((enum matcher)_i);
    struct str text;
    if (row->name.n == 0)
        return;
    const struct rule_node *rule = parse_exact(str_c(row->usage), &text);
    ck_assert_ptr_nonnull(rule);
    ck_assert(str_eq(rule->name, row->name));
    ck_assert(rule_check(arena, arena, rule, RULE_V3, text, KEY, diag));
    ck_assert_uint_eq(diag_total(diag), 0);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { names_have_four_spellings, ROWS(names) },
        { calls_are_checked, ROWS(calls) },
        { the_marker_stands_under_the_call, 0 },
        { a_rule_that_is_all_wrong_is_brief, 0 },
        { a_fault_in_a_pattern_is_marked, 0 },
        { usage_examples_are_right_themselves, MATCHER_COUNT },
        { NULL, 0 },
    };
    return run_rule_suite("matcher", rows);
}
