#include "base/finding_help.h"

#include "suite.h"

START_TEST(every_code_is_explained)
{
    for (int i = 0; i < FINDING_COUNT; i++) {
        enum finding_code code = (enum finding_code)i;
        const struct finding_help *help = finding_help(code);
        ck_assert_msg(help && *help->more && *help->example && *help->advice,
                      "%s has no row in finding_help.c", finding_name(code));
        struct buf out = { 0 };
        finding_explain(&out, code);
        ck_assert_uint_ne(str_search(buf_str(&out), str_c(finding_meaning(code))), SIZE_MAX);
        ck_assert_uint_ne(str_search(buf_str(&out), str_c(help->advice)), SIZE_MAX);
        buf_fini(&out);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { every_code_is_explained, 0 }, { NULL, 0 } };
    return run_suite("finding help", rows);
}
