/* Regular expressions against what Go says to them (testdata/route/regex.txt), and what is known of them. */
#include "route/regex_run.h"

#include "base/file.h"
#include "suite.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_create();
}

static void teardown(void)
{
    arena_destroy(arena);
}

static const struct regex *parse_as(const char *pattern, enum regex_alphabet alphabet)
{
    struct regex_fault fault;
    const struct regex *re = regex_parse(arena, str_c(pattern), alphabet, &fault);
    ck_assert_msg(re != NULL, "%s: %s", pattern, fault.message);
    return re;
}

static const struct regex *parse(const char *pattern)
{
    return parse_as(pattern, REGEX_BYTES);
}

static int hex(char c)
{
    return ascii_is_digit(c) ? c - '0' : c - 'a' + 10;
}

static struct str decode(struct str s)
{
    char *p = arena_alloc(arena, s.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool code = s.p[i] == '%' && i + 2 < s.n;
        int value = code ? hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]) : s.p[i];
        p[n++] = (char)value;
        i += code ? 2 : 0;
    }
    return str_of(p, n);
}

/* One pattern stays compiled while its texts come. */
static void check_line(struct str line, struct str *pattern, struct regex_run **run)
{
    struct str rest = line, verdict = str_cut(&rest, '\t'), shown = str_cut(&rest, '\t');
    struct regex_fault fault;
    if (str_eq(verdict, STR("E")) || !str_eq(shown, *pattern)) {
        const struct regex *re = regex_parse(arena, decode(shown), REGEX_BYTES, &fault);
        ck_assert_msg((re != NULL) == !str_eq(verdict, STR("E")), "%.*s", STR_ARG(shown));
        ck_assert(re || (fault.at <= shown.n && fault.message && !fault.too_large));
        regex_run_destroy(*run);
        *run = re ? regex_run_create(re) : NULL;
        *pattern = shown;
    }
    if (*run)
        ck_assert_msg(regex_run_match(*run, decode(rest)) == str_eq(verdict, STR("1")),
                      "%.*s on %.*s: Go says %.*s", STR_ARG(shown), STR_ARG(rest), STR_ARG(verdict));
}

START_TEST(patterns_match_what_go_matches)
{
    struct str pattern = { 0 };
    struct regex_run *run = NULL;
    struct buf table = { 0 };
    size_t n = 0;
    ck_assert(file_read(TESTDATA "/route/regex.txt", 1 << 22, &table));
    struct str text = buf_str(&table);
    while (text.n) {
        struct str line = str_cut(&text, '\n');
        if (line.n == 0 || line.p[0] == '#')
            continue;
        check_line(line, &pattern, &run);
        n++;
    }
    regex_run_destroy(run);
    buf_fini(&table);
    ck_assert_uint_gt(n, 7000);
}
END_TEST

/* Every pattern is written in bytes that are safe wherever it goes. */
START_TEST(what_is_written_is_harmless)
{
    static const char *const patterns[] = { "#",       "^# \"';`$", " ",        "\\n\\t\\x00\\xff",
                                            "[#-'; ]", "\\pL{2}",   "\xc3\xa9", "[^#]" };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct buf out = { 0 };
        regex_put(&out, parse(patterns[i]), "(?<=\\x0a)");
        for (size_t j = 0; j < out.n; j++)
            ck_assert_msg(out.p[j] > 0x20 && out.p[j] < 0x7f && !strchr("#;\"'`", out.p[j]), "%s", out.p);
        buf_fini(&out);
    }
}
END_TEST

static const struct {
    const char *pattern, *written;
} written[] = {
    { "", "" },
    { "^", "" },
    { ".*", "" },
    { "^/a", "/a" },
    { "foo$", "[^\\x0a]*?foo(?=\\x0a)" },
    { ".*foo.*", "[^\\x0a]*?foo" },
    { "x*foo+", "[^\\x0a]*?foo" },
    { "^[^/]+/x", "[^\\x0a/]+/x" },
    { "a|^b", "(?:[^\\x0a]*?a|b)" },
    { "(a+b)+c", "[^\\x0a]*?abc" },
    { "(x+ab?)+c?", "[^\\x0a]*?xa" },
    { "(^|/)x", "[^\\x0a]*?(?:S|/)x" },
    { "^a.*b", "a[^\\x0a\\xff]*b" },
    { "(?s)^a.*b", "a[^\\x0a]*b" },
    { "^(?i)a\xc3\xa9", "[Aa](?>\\xc3[\\x89\\xa9])" },
};

START_TEST(patterns_are_written_short)
{
    struct buf out = { 0 };
    regex_put(&out, parse(written[_i].pattern), "S");
    ck_assert_str_eq(out.p ? out.p : "", written[_i].written);
    buf_fini(&out);
}
END_TEST

static const struct {
    const char *pattern, *prefix, *suffix;
} facts[] = {
    { "^/a", "/a", "" },
    { "/a", "", "" },
    { "^/a(b|bc)d", "/ab", "" },
    { "^/a(b|c)", "/a", "" },
    { "^a{3}b?", "aaa", "" },
    { "^(?i)ab", "", "" },
    { "^(?i)1ab", "1", "" },
    { "^\xc3\xa9\xef\xbf\xbdx", "\xc3\xa9", "" },
    { "^a|^ab", "", "" },
    { "a$", "", "a" },
    { "^[a-z]+\\.example\\.com$", "", ".example.com" },
    { "^a$", "a", "a" },
    { "a", "", "" },
    { "ab|b$", "", "" },
    { "(?m)^a$", "", "" },
};

START_TEST(ends_are_known)
{
    const struct regex *re = parse(facts[_i].pattern);
    ck_assert_msg(str_eq(regex_prefix(arena, re), str_c(facts[_i].prefix)), "%s", facts[_i].pattern);
    ck_assert_msg(str_eq(regex_suffix(arena, re), str_c(facts[_i].suffix)), "%s", facts[_i].pattern);
}
END_TEST

static const struct {
    const char *pattern;
    bool always, text, whole;
} disguises[] = {
    { "", true, false, false },         { ".*", true, false, false },    { "^a?", true, false, false },
    { "a|", true, false, false },       { "^.*$", false, false, false }, { "^/a", false, true, false },
    { "^/a$", false, true, true },      { "^$", false, true, true },     { "^(/a)b$", false, true, true },
    { "^/a.*", false, true, false },    { "/a", false, false, false },   { "(?i)^/1", false, true, false },
    { "(?i)^/a", false, false, false },
};

START_TEST(plain_texts_are_seen_through)
{
    struct str text;
    bool whole = false;
    const struct regex *re = parse(disguises[_i].pattern);
    ck_assert_msg(regex_is_always(re) == disguises[_i].always, "%s", disguises[_i].pattern);
    bool known = !regex_is_always(re) && regex_is_text(arena, re, &text, &whole);
    ck_assert_msg(known == disguises[_i].text, "%s", disguises[_i].pattern);
    ck_assert_msg(!known || whole == disguises[_i].whole, "%s", disguises[_i].pattern);
}
END_TEST

static const struct {
    const char *pattern;
    bool explodes;
} costs[] = {
    { "^(a+)+$", true },
    { "^(a|a)*$", false }, /* one set */
    { "^(a*)*$", true },
    { "^(a|aa)+$", true },
    { "^(a{1,3})*b", true },
    { "^(.*,)*x", true },
    { "^\\d+\\d+x", true },
    { "^\\d+a?\\d+x", true },
    { "^(a?){50}b", true },
    { "^([^/]+/)*x$", false },
    { "^(ab|cd)*e", false },
    { "^[a-z]+[0-9]+x", false },
    { "^[a-z]+-[a-z]+$", false },
    { "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+com$", false },
    { "(\\d{1,3}\\.){3}\\d{1,3}", false },
    { ".*foo.*", false },
    { "a+a+", false },
    { "^/api/.*/x/.*/y$", false },
};

START_TEST(endless_searches_are_seen)
{
    ck_assert_msg(regex_may_explode(parse(costs[_i].pattern)) == costs[_i].explodes, "%s", costs[_i].pattern);
}
END_TEST

START_TEST(limits_of_pcre2_are_told)
{
    struct buf deep = { 0 };
    struct regex_fault fault;
    for (int i = 0; i < 300; i++)
        buf_puts(&deep, "(a");
    for (int i = 0; i < 300; i++)
        buf_puts(&deep, "x)+b");
    ck_assert_ptr_null(regex_parse(arena, buf_str(&deep), REGEX_BYTES, &fault));
    ck_assert(fault.too_large);
    buf_fini(&deep);
    ck_assert_ptr_null(regex_parse(arena, STR("(?:abcdefghijklmnop[a-z]b){1000}"), REGEX_BYTES, &fault));
    ck_assert(fault.too_large);
    parse("^.{1000}$"); /* a set that is written once */
    parse("^\\pL{2,300}\\p{Lu}?\\pL*$");
}
END_TEST

START_TEST(hosts_are_shorter)
{
    struct buf out = { 0 };
    regex_put(&out, parse_as("^.\\.[^.]{2}", REGEX_ASCII), "S");
    ck_assert_msg(!strstr(out.p, "\\xc2"), "%s", out.p);
    buf_fini(&out);
    ck_assert(regex_match(parse_as("^.\\.[^.]{2}$", REGEX_ASCII), STR("a.bc")));
    ck_assert(!regex_match(parse_as("^.\\.[^.]{2}$", REGEX_ASCII), STR("a.b.")));
}
END_TEST

START_TEST(fields_hide_line_ends)
{
    struct buf out = { 0 };
    regex_field_put(&out, STR("a\nb\xff\xfe\xfd\xfc"));
    ck_assert(str_eq(buf_str(&out), STR("a\xff"
                                        "b\xfe\xfe\xfe\xfc")));
    buf_fini(&out);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { patterns_match_what_go_matches, 0 },
        { what_is_written_is_harmless, 0 },
        { patterns_are_written_short, ROWS(written) },
        { ends_are_known, ROWS(facts) },
        { plain_texts_are_seen_through, ROWS(disguises) },
        { endless_searches_are_seen, ROWS(costs) },
        { limits_of_pcre2_are_told, 0 },
        { hosts_are_shorter, 0 },
        { fields_hide_line_ends, 0 },
        { NULL, 0 },
    };
    setup();
    int failed = run_suite("regex", rows);
    teardown();
    return failed;
}
