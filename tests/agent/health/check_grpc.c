/* Answers to health checks by gRPC. */
#include "suite.h"

#include "health/grpc.h"

static const struct {
    struct str body;
    bool serving;
} answers[] = {
    { STR("\0\0\0\0\2\10\1"), true },         /* SERVING */
    { STR("\0\0\0\0\2\10\2"), false },        /* NOT_SERVING */
    { STR("\0\0\0\0\0"), false },             /* UNKNOWN is left out */
    { STR("\0\0\0\0\7\22\3abc\10\1"), true }, /* behind a field of newer days */
    { STR("\0\0\0\0\13\11\1\1\1\1\1\1\1\1\10\1"), true },
    { STR("\0\0\0\0\7\15\1\1\1\1\10\1"), true },
    { STR("\0\0\0\0\4\20\5\10\1"), true },
    { STR("\0\0\0\0\4\10\1\10\2"), false }, /* the last one counts */
    { STR("\1\0\0\0\2\10\1"), false },      /* compressed */
    { STR("\0\0\0\0\3\10\1"), false },      /* cut off */
    { STR("\0\0\0\0\2\10\1\0"), false },    /* more than one frame */
    { STR("\0\0\0\0\3\22\377\1"), false },  /* longer than the message */
    { STR("\0\0\0\0\1\10"), false },
    { STR("\0\0\0\0\1\13"), false }, /* a group */
    { STR("\0\0\0"), false },
    { STR("<html>"), false },
    { STR(""), false },
};

START_TEST(only_serving_is_up)
{
    ck_assert_int_eq(grpc_is_serving(answers[_i].body), answers[_i].serving);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { only_serving_is_up, ROWS(answers) }, { NULL, 0 } };
    return run_suite("grpc", rows);
}
