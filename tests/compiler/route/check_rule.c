/* The grammar of rules: what parses, to what, and where the marker of a fault stands. */
#include "rule_fixture.h"

static const struct {
    const char *rule, *tree;
} accepted[] = {
    { "Host(`a`)", "Host(a)" },
    { "Host(\"a\")", "Host(a)" },
    { "  Host ( `a` )\t", "Host(a)" },
    { "Host(`a`,)", "Host(a)" },
    { "Host()", "Host()" },
    { "A(`1`, `2` , \"3\")", "A(1,2,3)" },
    { "A(``)", "A()" },
    { "_x9(`a`)", "_x9(a)" },
    { "!A(`1`)", "!A(1)" },
    { "! A(`1`)", "!A(1)" },
    { "!!A(`1`)", "A(1)" },
    { "!(!(!A(`1`)))", "!A(1)" },
    { "(A(`1`))", "A(1)" },
    { "((((A(`1`)))))", "A(1)" },
    { "A(`1`)&&B(`2`)", "(&& A(1) B(2))" },
    { "A(`1`) && B(`2`) && C(`3`) && D(`4`) && E(`5`)", "(&& A(1) B(2) C(3) D(4) E(5))" },
    { "A(`1`) || B(`2`) && C(`3`)", "(|| A(1) (&& B(2) C(3)))" },
    { "A(`1`) && B(`2`) || C(`3`) && D(`4`)", "(|| (&& A(1) B(2)) (&& C(3) D(4)))" },
    { "(A(`1`) || B(`2`)) && C(`3`)", "(&& (|| A(1) B(2)) C(3))" },
    { "!A(`1`) && B(`2`)", "(&& !A(1) B(2))" },
    { "!(A(`1`) && B(`2`))", "!(&& A(1) B(2))" },
    { "!A(`1`) || !(B(`2`) || !C(`3`))", "(|| !A(1) !(|| B(2) !C(3)))" },
    /* Line ends: only where Go ends no statement. */
    { "A(`1`) &&\nB(`2`)", "(&& A(1) B(2))" },
    { "A(`1`) ||\n\n  B(`2`)", "(|| A(1) B(2))" },
    { "\n\nA(`1`)", "A(1)" },
    { "A(`1`)\n", "A(1)" },
    { "A(`1`)\r\n \t\r\n", "A(1)" },
    { "A(\n`1`)", "A(1)" },
    { "A(`1`,\n`2`,\n)", "A(1,2)" },
    { "!\nA(`1`)", "!A(1)" },
    { "(\nA(`1`))", "A(1)" },
    { "\rA(`1`)", "A(1)" },
    /* Comments are blanks; one that ends a line is a line end. */
    { "/* x */ A /**/ ( /* y */ `1` /* z */ ) /* end */", "A(1)" },
    { "A(`1`) // end", "A(1)" },
    { "A(`1`) // end\n// more\n", "A(1)" },
    { "A(`1`) && // go on\nB(`2`)", "(&& A(1) B(2))" },
    { "A(`1`) && /* a\nb */ B(`2`)", "(&& A(1) B(2))" },
    { "A(`1`) /* a\nb */", "A(1)" },
    { "A(`// /* no comment`)", "A(// /* no comment)" },
    { "/***/A(`1`)/***/", "A(1)" },
    { "\xef\xbb\xbf"
      "A(`1`)",
      "A(1)" },
};

START_TEST(parses_what_go_parses)
{
    struct str text;
    const struct rule_node *rule = parse_exact(str_c(accepted[_i].rule), &text);
    ck_assert_msg(rule != NULL, "%s", accepted[_i].rule);
    struct buf out = { 0 };
    put_node(&out, rule);
    ck_assert_str_eq(out.p, accepted[_i].tree);
    buf_fini(&out);
}
END_TEST

static const struct {
    const char *literal;
    const char *value;
    size_t n;
} strings[] = {
    { "`a\\n`", "a\\n", 3 },
    { "`\"'`", "\"'", 2 },
    { "`a\r\nb\r`", "a\nb", 3 },
    { "`\xc3\xa9`", "\xc3\xa9", 2 },
    { "\"`'\"", "`'", 2 },
    { "\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"", "\a\b\f\n\r\t\v\\\"", 9 },
    { "\"\\x41\\x7a\\x00\\xff\"", "Az\0\xff", 4 },
    { "\"\\101\\000\\377\"", "A\0\xff", 3 },
    { "\"\\1011\"", "A1", 2 },
    { "\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac", 6 },
    { "\"\\u07ff\\u0800\\uffff\"", "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 8 },
    { "\"\\U0001f600\\U0010FFFF\"", "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf", 8 },
    { "\"\\u002e\\u002E\"", "..", 2 },
    { "\"a\rb\"", "a\rb", 3 },
};

START_TEST(decodes_strings_as_go_does)
{
    struct str text;
    struct str rule_text = arena_printf(arena, "A(%s)", strings[_i].literal);
    const struct rule_node *rule = parse_exact(rule_text, &text);
    ck_assert_msg(rule != NULL, "%s", rule_text.p);
    ck_assert_uint_eq(rule->n_args, 1);
    ck_assert_uint_eq(rule->args[0].n, strings[_i].n);
    ck_assert_mem_eq(rule->args[0].p, strings[_i].value, strings[_i].n);
}
END_TEST

/* `mark`: the text under the marker, at its first occurrence from `from` on. */
static const struct {
    const char *rule;
    size_t from;
    const char *mark, *message, *expected;
} rejected[] = {
    { "", 0, "", "empty", "Host(`example.com`)" },
    { " \n\t", 0, "", "empty", "" },
    { "// nothing", 0, "", "empty", "" },
    { "Host(a.test)", 5, "a.test", "the argument a.test is no string", "backticks or double quotes" },
    { "Host(a-b.test:80, `b`)", 5, "a-b.test:80", "no string", "backticks" },
    { "Host(*)", 5, "*", "no string", "backticks" },
    { "Path(/foo/{id})", 5, "/foo/{id}", "no string", "backticks" },
    { "Host(5)", 5, "5", "no string", "backticks" },
    { "Host('a')", 5, "'", "single quotes", "backticks or double quotes" },
    { "Host(\xe2\x80\x9c"
      "a\xe2\x80\x9d)",
      5,
      "\xe2\x80\x9c"
      "a\xe2\x80\x9d",
      "no string", "backticks" },
    { "A(`1`) & B(`2`)", 7, "&", "& is no operator", "&&" },
    { "A(`1`) | B(`2`)", 7, "|", "| is no operator", "||" },
    { "A(`1`) && & B(`2`)", 10, "&", "& is no operator", "&&" },
    { "A(`1`) and B(`2`)", 7, "and", "and is no operator", "&&" },
    { "A(`1`) OR B(`2`)", 7, "OR", "OR is no operator", "||" },
    { "not A(`1`)", 0, "not", "not is no operator", "!" },
    { "A(`1`) && NOT(B(`2`))", 10, "NOT", "NOT is no operator", "!" },
    { "A(`1`) == B(`2`)", 7, "=", "does not join", "&& or ||" },
    { "A(`1`), B(`2`)", 6, ",", "does not join", "&& or ||" },
    { "A(`1`); B(`2`)", 6, ";", "does not join", "&& or ||" },
    { "A(`1`);", 6, ";", "does not join", "&& or ||" },
    { "A(`1`) B(`2`)", 7, "B", "no operator stands before B", "&& or ||" },
    { "A(`1`)(B(`2`))", 6, "(", "no operator stands before (", "&& or ||" },
    { "A(`1`) `x`", 7, "`x`", "no operator", "&& or ||" },
    { "A(`1`) !B(`2`)", 7, "!", "no operator", "&& or ||" },
    { "A(`1`", 1, "(", "not closed", ")" },
    { "A(`1`,", 1, "(", "not closed", ")" },
    { "A(", 1, "(", "not closed", ")" },
    { "(A(`1`)", 0, "(", "not closed", ")" },
    { "A(`1`) && (B(`2`) || (C(`3`)", 21, "(", "not closed", ")" },
    { "((A(`1`))", 0, "(", "not closed", ")" },
    { "A(`1`))", 6, ")", "no ( belongs", "end" },
    { ")", 0, ")", "where a matcher is needed", "" },
    { "()", 0, "()", "nothing stands between", "" },
    { "A(`1`) && ()", 10, "()", "nothing stands between", "" },
    { "A(`1`) &&", 7, "&&", "nothing follows &&", "" },
    { "A(`1`) ||  // and then?", 7, "||", "nothing follows ||", "" },
    { "!", 0, "!", "nothing follows !", "" },
    { "(", 0, "(", "nothing follows (", "" },
    { "(A(`1`) && )", 11, ")", "where a matcher is needed", "" },
    { "&& A(`1`)", 0, "&&", "where a matcher is needed", "" },
    { "A(`1`) && || B(`2`)", 10, "||", "where a matcher is needed", "" },
    { "`a`", 0, "`a`", "a string stands alone", "" },
    { "Host", 0, "Host", "Host is no matcher", "parentheses" },
    { "a.test", 0, "a.test", "a.test is no matcher", "parentheses" },
    { "a.b(`x`)", 0, "a.b", "no matcher", "parentheses" },
    { "Host`a`", 0, "Host", "no matcher", "parentheses" },
    { "(Host)(`a`)", 1, "Host", "no matcher", "parentheses" },
    { "5(`a`)", 0, "5", "where a matcher is needed", "" },
    { "\xc3\xa9(`a`)", 0, "\xc3\xa9", "where a matcher is needed", "" },
    { "A(`1`)\xc2\xa0&& B(`2`)", 6, "\xc2\xa0", "does not join", "" },
    { "A(`1` `2`)", 6, "`2`", "behind an argument", ", or )" },
    { "A(`1`;`2`)", 5, ";", "behind an argument", ", or )" },
    { "A(`1`+`2`)", 5, "+", "behind an argument", ", or )" },
    { "A(`1`...)", 5, "...", "behind an argument", ", or )" },
    { "A(`1`,,`2`)", 6, ",", "missing before this comma", "" },
    { "A(,)", 2, ",", "missing before this comma", "" },
    { "A(B(`1`))", 2, "B", "strings, not rules", "backticks" },
    { "A((`1`))", 2, "(", "strings, not rules", "backticks" },
    { "A(!`1`)", 2, "!", "strings, not rules", "backticks" },
    { "A(`1`)\n&& B(`2`)", 6, "\n", "the line ends", "&& or || before the line end" },
    { "A(`1`)\nB(`2`)", 6, "\n", "the line ends", "" },
    { "(A(`1`)\n)", 7, "\n", "the line ends", ")" },
    { "A(`1`\n)", 5, "\n", "without a comma", "" },
    { "A\n(`1`)", 0, "A", "no matcher", "" },
    { "A(`1`) // c\n&& B(`2`)", 11, "\n", "the line ends", "" },
    { "A(`1`) /* c\nd */ && B(`2`)", 11, "\n", "the line ends", "" },
    { "A(`1", 2, "`", "has no end", "backtick" },
    { "A(\"1)", 2, "\"", "has no end", "same line" },
    { "A(\"1\n\")", 2, "\"", "has no end", "same line" },
    { "A(\"1\\\")", 2, "\"", "has no end", "same line" },
    { "A(`1`) /* c", 7, "/*", "has no end", "*/" },
    { "/*/", 0, "/*", "has no end", "*/" },
    { "A(\"x\\q\")", 4, "\\q", "escape", "\\x41" },
    { "A(\"\\'\")", 3, "\\'", "escape", "" },
    { "A(\"\\x4\")", 3, "\\x", "escape", "" },
    { "A(\"\\xg0\")", 3, "\\x", "escape", "" },
    { "A(\"\\400\")", 3, "\\4", "escape", "" },
    { "A(\"\\18a\")", 3, "\\1", "escape", "" },
    { "A(\"\\u12\")", 3, "\\u", "escape", "" },
    { "A(\"\\ud800\")", 3, "\\u", "escape", "" },
    { "A(\"\\udfff\")", 3, "\\u", "escape", "" },
    { "A(\"\\U00110000\")", 3, "\\U", "escape", "" },
    { "A(\"\\Uffffffff\")", 3, "\\U", "escape", "" },
    { "A(`1`)\v", 6, "\v", "control character", "" },
    { "A(`\xff`)", 3, "\xff", "UTF-8", "" },
    { "A(`\xed\xa0\x80`)", 3, "\xed", "UTF-8", "" },
    { "A(`\xc0\x80`)", 3, "\xc0", "UTF-8", "" },
    { "A(`1`)\xc3", 6, "\xc3", "UTF-8", "" },
    { "A(`\xef\xbb\xbf`)", 3, "\xef", "byte order mark", "" },
    { "#", 0, "#", "where a matcher is needed", "" },
    { "{}", 0, "{}", "where a matcher is needed", "" },
};

START_TEST(marks_what_is_no_rule)
{
    struct str text;
    ck_assert_msg(!parse_exact(str_c(rejected[_i].rule), &text), "%s", rejected[_i].rule);
    ck_assert_uint_eq(diag_total(diag), 1);
    const struct finding *f = diag_get(diag, 0);
    ck_assert_int_eq(f->code, FINDING_RULE_SYNTAX);
    ck_assert_int_eq(f->severity, SEVERITY_ERROR);
    ck_assert(str_eq(f->key, KEY));
    ck_assert(str_eq(f->text, str_c(rejected[_i].rule)));
    ck_assert_msg(has(f->message, rejected[_i].message), "%s: %s", rejected[_i].rule, f->message.p);
    ck_assert_msg(has(f->expected, rejected[_i].expected), "%s: %s", rejected[_i].rule, f->expected.p);
    ck_assert_msg(f->at == rejected[_i].from && f->length == strlen(rejected[_i].mark), "%s: at %zu, %zu",
                  rejected[_i].rule, f->at, f->length);
    ck_assert_mem_eq(f->text.p + f->at, rejected[_i].mark, f->length);
}
END_TEST

START_TEST(offers_the_argument_in_backticks)
{
    struct str text;
    ck_assert_ptr_null(parse_exact(STR("Host(a.test)"), &text));
    ck_assert(str_eq(diag_get(diag, 0)->nearest, STR("`a.test`")));
}
END_TEST

START_TEST(a_nul_is_no_part_of_a_rule)
{
    struct str text;
    ck_assert_ptr_null(parse_exact(str_of("A(`a\0b`)", 8), &text));
    ck_assert_uint_eq(diag_get(diag, 0)->at, 4);
}
END_TEST

static struct str repeated(const char *open, size_t n, const char *middle, const char *close)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, open);
    buf_puts(&b, middle);
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, close);
    struct str out = arena_copy(arena, buf_str(&b));
    buf_fini(&b);
    return out;
}

START_TEST(nesting_is_bounded)
{
    struct str text;
    size_t inside = RULE_MAX_DEPTH - 1; /* the call itself is a level */
    ck_assert_ptr_nonnull(parse_exact(repeated("(", inside, "A(`1`)", ")"), &text));
    ck_assert_ptr_nonnull(parse_exact(repeated("!", inside, "A(`1`)", ""), &text));
    ck_assert_ptr_null(parse_exact(repeated("(", inside + 1, "A(`1`)", ")"), &text));
    ck_assert_ptr_null(parse_exact(repeated("!", inside + 1, "A(`1`)", ""), &text));
    ck_assert_ptr_null(parse_exact(repeated("(", RULE_MAX_BYTES, "", ""), &text));
    ck_assert_ptr_null(parse_exact(repeated("!(", RULE_MAX_BYTES / 2, "", ""), &text));
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(diag_get(diag, i)->code, FINDING_RULE_TOO_LARGE);
        ck_assert(has(diag_get(diag, i)->expected, "at most 200"));
    }
}
END_TEST

START_TEST(length_is_bounded)
{
    struct str text;
    const char *longest = repeated("x", RULE_MAX_BYTES - strlen("A(``)"), "", "").p;
    ck_assert_ptr_nonnull(parse_exact(arena_printf(arena, "A(`%s`)", longest), &text));
    ck_assert_ptr_null(parse_exact(arena_printf(arena, "A(`x%s`)", longest), &text));
    ck_assert_int_eq(diag_get(diag, 0)->code, FINDING_RULE_TOO_LARGE);
}
END_TEST

static size_t depth_of(const struct rule_node *node)
{
    if (node->op == RULE_CALL)
        return 1;
    size_t left = depth_of(node->left), right = node->right ? depth_of(node->right) : 0;
    return 1 + (left > right ? left : right);
}

START_TEST(long_chains_make_flat_trees)
{
    struct str text;
    const struct rule_node *rule = parse_exact(repeated("A(`1`)||", 5000, "B(`2`)", ""), &text);
    ck_assert_ptr_nonnull(rule);
    ck_assert_uint_le(depth_of(rule), 14);
    struct buf out = { 0 };
    put_node(&out, rule);
    ck_assert(has(buf_str(&out), "A(1) B(2))"));
    buf_fini(&out);
}
END_TEST

START_TEST(a_long_rule_is_shown_around_its_fault)
{
    const char *behind = repeated("||A(`1`)", 3000, "", "").p;
    struct str text, rule = repeated("A(`1`)||", 4000, arena_printf(arena, "oops%s", behind).p, "");
    ck_assert_ptr_null(parse_exact(rule, &text));
    const struct finding *f = diag_get(diag, 0);
    ck_assert_uint_le(f->text.n, 4096);
    ck_assert_uint_eq(f->length, 4);
    ck_assert_mem_eq(f->text.p + f->at, "oops", 4);
}
END_TEST

START_TEST(nodes_know_where_they_stand)
{
    struct str text;
    const struct rule_node *rule = parse_exact(STR(" A(`1`) && !( B(`2`,) || C() ) "), &text);
    ck_assert_uint_eq(rule->at, 1);
    ck_assert(str_eq(str_of(text.p + rule->left->at, rule->left->length), STR("A(`1`)")));
    const struct rule_node *either = rule->right->left;
    ck_assert_int_eq(rule->right->op, RULE_NOT);
    ck_assert_uint_eq(rule->right->at, 11);
    ck_assert(str_eq(str_of(text.p + either->at, either->length), STR("B(`2`,) || C()")));
    ck_assert(str_eq(str_of(text.p + either->left->at, either->left->length), STR("B(`2`,)")));
}
END_TEST

START_TEST(every_beginning_of_a_rule_is_survived)
{
    struct str whole = STR("!(Host(\"\\u00e9\\x41\",) || /* c */ Path(`/x`)) &&\nA() // end"), text;
    for (size_t n = 0; n <= whole.n; n++)
        parse_exact(str_head(whole, n), &text);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { parses_what_go_parses, ROWS(accepted) },
        { decodes_strings_as_go_does, ROWS(strings) },
        { marks_what_is_no_rule, ROWS(rejected) },
        { offers_the_argument_in_backticks, 0 },
        { a_nul_is_no_part_of_a_rule, 0 },
        { nesting_is_bounded, 0 },
        { length_is_bounded, 0 },
        { long_chains_make_flat_trees, 0 },
        { a_long_rule_is_shown_around_its_fault, 0 },
        { nodes_know_where_they_stand, 0 },
        { every_beginning_of_a_rule_is_survived, 0 },
        { NULL, 0 },
    };
    return run_rule_suite("rule", rows);
}
