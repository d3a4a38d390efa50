#include "base/base64.h"

#include "suite.h"

static struct arena *arena;

static const struct {
    struct str bytes;
    const char *text;
} pairs[] = {
    { { "", 0 }, "" },
    { { "f", 1 }, "Zg==" },
    { { "fo", 2 }, "Zm8=" },
    { { "foo", 3 }, "Zm9v" },
    { { "foob", 4 }, "Zm9vYg==" },
    { { "\0", 1 }, "AA==" },
    { { "\xff\xfe\x00", 3 }, "//4A" },
    { { "\xfb\xef\xbe", 3 }, "++++" },
};

START_TEST(base64_goes_both_ways)
{
    struct buf out = { 0 };
    struct str back;
    base64_put(&out, pairs[_i].bytes);
    ck_assert(str_eq(buf_str(&out), str_c(pairs[_i].text)));
    ck_assert(base64_decode(arena, str_c(pairs[_i].text), &back));
    ck_assert(str_eq(back, pairs[_i].bytes));
    struct str bare = str_c(pairs[_i].text);
    while (str_ends(bare, STR("=")))
        bare.n--;
    ck_assert(base64_decode(arena, bare, &back) && str_eq(back, pairs[_i].bytes));
    buf_fini(&out);
}
END_TEST

START_TEST(every_byte_survives_base64)
{
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    for (size_t n = 0; n <= 256; n++) {
        struct buf out = { 0 };
        struct str back;
        base64_put(&out, str_of(all, n));
        ck_assert(base64_decode(arena, buf_str(&out), &back) && str_eq(back, str_of(all, n)));
        buf_fini(&out);
    }
}
END_TEST

static const char *const not_base64[] = { "Z",     "Zm9vY", "Zg=",     "Z===",     "====", "Zm 9",
                                          "Zm9\n", "Zm-_",  "Z\x80mm", "Zg==Zg==", "=Zg=" };

START_TEST(what_is_no_base64_is_refused)
{
    struct str back;
    ck_assert_msg(!base64_decode(arena, str_c(not_base64[_i]), &back), "%s", not_base64[_i]);
    ck_assert_uint_eq(back.n, 0);
}
END_TEST

int main(void)
{
    arena = arena_create();
    const struct test_row tests[] = {
        { base64_goes_both_ways, ROWS(pairs) },
        { every_byte_survives_base64, 0 },
        { what_is_no_base64_is_refused, ROWS(not_base64) },
        { NULL, 0 },
    };
    int failed = run_suite("base64", tests);
    arena_destroy(arena);
    return failed;
}
