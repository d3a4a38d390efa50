#include "base/diag.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;
static struct diag *diag;
static struct buf out;

static void setup(void)
{
    arena = arena_create();
    diag = diag_create(arena, 0);
    out = buf_make(0);
}

static void teardown(void)
{
    buf_fini(&out);
    arena_destroy(arena);
}

static const char *print(struct finding f)
{
    diag_add(diag, f);
    buf_reset(&out);
    finding_print(&out, diag_get(diag, diag_total(diag) - 1), false);
    return out.p;
}

START_TEST(a_finding_names_key_fault_and_remedy)
{
    ck_assert_str_eq(print((struct finding){ .code = FINDING_RULE_MATCHER,
                                             .key = STR("traefik/http/routers/a/rule"),
                                             .text = STR("Host(`a`) && Pfad(`/x`)"),
                                             .at = 13,
                                             .length = 4,
                                             .message = STR("there is no matcher of this name"),
                                             .expected = STR("a matcher"),
                                             .nearest = STR("Path") }),
                     "error[rule-matcher] traefik/http/routers/a/rule: there is no matcher of this name\n"
                     "    Host(`a`) && Pfad(`/x`)\n"
                     "                 ^~~~\n"
                     "    expected: a matcher\n"
                     "    did you mean: Path\n");
}
END_TEST

START_TEST(what_is_missing_is_left_out)
{
    ck_assert_str_eq(print((struct finding){ .code = FINDING_TIE, .message = STR("m") }), "note[tie]: m\n");
    ck_assert_str_eq(print((struct finding){ .code = FINDING_TIE, .message = STR("m"), .text = STR("text") }),
                     "note[tie]: m\n    text\n");
}
END_TEST

START_TEST(a_marker_may_stand_behind_the_end)
{
    ck_assert_str_eq(
        print((struct finding){
            .code = FINDING_RULE_SYNTAX, .message = STR("m"), .text = STR("Host("), .at = 5, .length = 1 }),
        "error[rule-syntax]: m\n    Host(\n         ^\n");
    ck_assert_str_eq(print((struct finding){ .code = FINDING_RULE_SYNTAX,
                                             .message = STR("m"),
                                             .text = STR("abc"),
                                             .at = 1000,
                                             .length = SIZE_MAX }),
                     "error[rule-syntax]: m\n    abc\n       ^\n");
    ck_assert_str_eq(print((struct finding){ .code = FINDING_RULE_SYNTAX,
                                             .message = STR("m"),
                                             .text = STR("abc"),
                                             .at = 1,
                                             .length = SIZE_MAX }),
                     "error[rule-syntax]: m\n    abc\n     ^~\n");
}
END_TEST

START_TEST(marker_columns_count_characters_not_bytes)
{
    ck_assert_str_eq(
        print((struct finding){ .code = FINDING_RULE_SYNTAX,
                                .message = STR("m"),
                                .text = STR("\xc3\xa4\xe2\x82\xac \xf0\x9f\x98\x80\xc3\xb6x"),
                                .at = 6,
                                .length = 6 }),
        "error[rule-syntax]: m\n    \xc3\xa4\xe2\x82\xac \xf0\x9f\x98\x80\xc3\xb6x\n       ^~\n");
}
END_TEST

START_TEST(a_long_text_is_a_window_around_the_fault)
{
    char text[400], want[1000];
    memset(text, 'a', 400);
    memset(text + 200, 'X', 3);
    const char *got = print((struct finding){ .code = FINDING_RULE_SYNTAX,
                                              .message = STR("m"),
                                              .text = str_of(text, 400),
                                              .at = 200,
                                              .length = 3 });
    snprintf(want, sizeof want, "error[rule-syntax]: m\n    \xe2\x80\xa6%.*s\xe2\x80\xa6\n     %50s^~~\n",
             100, text + 150, "");
    ck_assert_str_eq(got, want);
}
END_TEST

START_TEST(a_long_text_with_the_fault_in_front_keeps_its_start)
{
    char text[400], want[1000];
    memset(text, 'a', 400);
    const char *got = print((struct finding){ .code = FINDING_RULE_SYNTAX,
                                              .message = STR("m"),
                                              .text = str_of(text, 400),
                                              .at = 3,
                                              .length = 300 });
    char tildes[100];
    memset(tildes, '~', sizeof tildes);
    snprintf(want, sizeof want, "error[rule-syntax]: m\n    %.100s\xe2\x80\xa6\n       ^%.96s\n", text,
             tildes);
    ck_assert_str_eq(got, want);
}
END_TEST

/* With three bytes a character, both ends of the window fall into the middle of one. */
START_TEST(a_window_does_not_cut_characters)
{
    char text[399];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "\xe2\x82\xac"[i % 3];
    print((struct finding){ .code = FINDING_RULE_SYNTAX,
                            .message = STR("m"),
                            .text = str_of(text, sizeof text),
                            .at = 150,
                            .length = 3 });
    struct str lines = buf_str(&out);
    str_cut(&lines, '\n');
    struct str shown = str_cut(&lines, '\n'), marker = str_cut(&lines, '\n');
    ck_assert(str_starts(shown, STR("    \xe2\x80\xa6\xe2\x82\xac")));
    ck_assert(str_ends(shown, STR("\xe2\x82\xac\xe2\x80\xa6")));
    ck_assert_uint_eq(shown.n, 4 + 3 + 96 + 3);
    ck_assert_uint_eq(marker.n, 4 + 1 + 16 + 1);
}
END_TEST

START_TEST(terminal_commands_are_not_passed_on)
{
    const char *got = print((struct finding){ .code = FINDING_BAD_VALUE,
                                              .key = STR("k\x1b[31m"),
                                              .message = STR("a\nb\x7f"),
                                              .text = STR("t\r\tt\xc2\x9bx\xc2\xa0"),
                                              .nearest = STR("\x07n"),
                                              .expected = STR("e\0e") });
    ck_assert_str_eq(
        got, "error[bad-value] k.[31m: a.b.\n    t..t.x\xc2\xa0\n    expected: e.e\n    did you mean: .n\n");
}
END_TEST

START_TEST(colours_surround_the_severity_only)
{
    diag_report(diag, FINDING_RULE_NEVER, STR("k"), "m");
    finding_print(&out, diag_get(diag, 0), true);
    ck_assert_str_eq(out.p, "\033[33mwarning\033[0m[rule-never] k: m\n");
}
END_TEST

START_TEST(findings_are_copies)
{
    char key[] = "key", message[] = "message";
    diag_add(diag, (struct finding){ .code = FINDING_TIE, .key = str_c(key), .message = str_c(message) });
    memset(key, 'x', 3);
    memset(message, 'x', 3);
    ck_assert(str_eq(diag_get(diag, 0)->key, STR("key")));
    ck_assert(str_eq(diag_get(diag, 0)->message, STR("message")));
}
END_TEST

START_TEST(the_severity_is_that_of_the_code)
{
    diag_add(diag, (struct finding){ .code = FINDING_UNKNOWN_KEY, .severity = SEVERITY_NOTE });
    ck_assert_int_eq(diag_get(diag, 0)->severity, SEVERITY_ERROR);
}
END_TEST

START_TEST(beyond_the_limit_findings_are_counted_only)
{
    struct diag *small = diag_create(arena, 2);
    for (int i = 0; i < 5; i++)
        diag_report(small, i % 2 ? FINDING_BAD_VALUE : FINDING_TIE, STR("k"), "%d", i);
    ck_assert_uint_eq(diag_total(small), 2);
    ck_assert_uint_eq(diag_count(small, SEVERITY_NOTE), 5);
    ck_assert_uint_eq(diag_count(small, SEVERITY_WARNING), 2);
    ck_assert_uint_eq(diag_count(small, SEVERITY_ERROR), 2);
    diag_print(&out, small, false);
    ck_assert_ptr_nonnull(strstr(out.p, "note[tie] k: 0\n\nerror[bad-value] k: 1\n\n"));
    ck_assert_ptr_nonnull(strstr(out.p, "(3 more findings are not shown)\n2 error"));
}
END_TEST

START_TEST(no_findings_print_nothing)
{
    diag_print(&out, diag, false);
    ck_assert_uint_eq(out.n, 0);
    diag_print_json(&out, diag);
    ck_assert_str_eq(out.p, "[]\n");
}
END_TEST

START_TEST(order_is_by_key_then_code_then_message)
{
    static const char *const want[] = { "a2x", "b1x", "b2x", "b2y" };
    diag_report(diag, (enum finding_code)2, STR("b"), "y");
    diag_report(diag, (enum finding_code)2, STR("b"), "x");
    diag_report(diag, (enum finding_code)1, STR("b"), "x");
    diag_report(diag, (enum finding_code)2, STR("a"), "x");
    diag_sort(diag);
    for (size_t i = 0; i < 4; i++) {
        const struct finding *f = diag_get(diag, i);
        ck_assert_int_eq(f->key.p[0], want[i][0]);
        ck_assert_int_eq(f->code, want[i][1] - '0');
        ck_assert_int_eq(f->message.p[0], want[i][2]);
    }
}
END_TEST

START_TEST(json_holds_what_there_is)
{
    diag_report(diag, FINDING_TIE, STR("k\"\xff"), "m");
    diag_add(diag, (struct finding){ .code = FINDING_BAD_VALUE,
                                     .text = STR("t"),
                                     .length = 2,
                                     .expected = STR("e"),
                                     .nearest = STR("n"),
                                     .message = STR("x") });
    diag_print_json(&out, diag);
    ck_assert_str_eq(
        out.p, "[\n{\"severity\":\"note\",\"code\":\"tie\",\"key\":\"k\\\"\\ufffd\",\"message\":\"m\"},\n"
               "{\"severity\":\"error\",\"code\":\"bad-value\",\"message\":\"x\",\"text\":\"t\",\"at\":0,"
               "\"length\":2,"
               "\"expected\":\"e\",\"nearest\":\"n\"}\n]\n");
}
END_TEST

START_TEST(long_messages_are_cut_and_not_overrun)
{
    diag_report(diag, FINDING_TIE, STR(""), "%10000d", 1);
    ck_assert_uint_lt(diag_get(diag, 0)->message.n, 1000);
}
END_TEST

START_TEST(codes_have_names_that_lead_back)
{
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        enum finding_code code = (enum finding_code)i;
        ck_assert_uint_eq(finding_by_name(str_c(finding_name(code))), code);
        ck_assert_uint_gt(strlen(finding_meaning(code)), 10);
    }
    ck_assert_uint_eq(finding_by_name(STR("no-such-code")), FINDING_COUNT);
}
END_TEST

START_TEST(the_nearest_name_is_near_enough)
{
    static const struct str names[] = { STR("Host"), STR("Path"), STR("PathPrefix"), STR("HostRegexp") };
    ck_assert(str_eq(nearest_name(STR("pth"), names, 4), STR("Path")));
    ck_assert(str_eq(nearest_name(STR("PathPrefx"), names, 4), STR("PathPrefix")));
    ck_assert_uint_eq(nearest_name(STR("Method"), names, 4).n, 0);
    ck_assert_uint_eq(nearest_name(STR(""), names, 4).n, 0);
    ck_assert_uint_eq(nearest_name(STR("Path"), NULL, 0).n, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/diag");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_finding_names_key_fault_and_remedy);
    tcase_add_test(all, what_is_missing_is_left_out);
    tcase_add_test(all, a_marker_may_stand_behind_the_end);
    tcase_add_test(all, marker_columns_count_characters_not_bytes);
    tcase_add_test(all, a_long_text_is_a_window_around_the_fault);
    tcase_add_test(all, a_long_text_with_the_fault_in_front_keeps_its_start);
    tcase_add_test(all, a_window_does_not_cut_characters);
    tcase_add_test(all, terminal_commands_are_not_passed_on);
    tcase_add_test(all, colours_surround_the_severity_only);
    tcase_add_test(all, findings_are_copies);
    tcase_add_test(all, the_severity_is_that_of_the_code);
    tcase_add_test(all, beyond_the_limit_findings_are_counted_only);
    tcase_add_test(all, no_findings_print_nothing);
    tcase_add_test(all, order_is_by_key_then_code_then_message);
    tcase_add_test(all, json_holds_what_there_is);
    tcase_add_test(all, long_messages_are_cut_and_not_overrun);
    tcase_add_test(all, codes_have_names_that_lead_back);
    tcase_add_test(all, the_nearest_name_is_near_enough);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
