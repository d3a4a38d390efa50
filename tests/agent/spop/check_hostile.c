/* Peers that are no HAProxy, or a broken one. */
#include "desk.h"

static const struct {
    struct str payload;
    uint64_t status;
} bad_hellos[] = {
    { STR(""), 5 },
    { STR("\16max-frame-size\3\xfc\xf0\6"), 5 },
    { STR("\22supported-versions\10\0032.0"), 6 },
    { STR("\22supported-versions\3\2"), 5 }, /* not a string */
    { STR("\22supported-versions\10\0032.0\16max-frame-size\10\003"
          "256"),
      6 }, /* not a number */
    { STR("\22supported-versions\10\0032.0\16max-frame"), 4 },
    { STR("\22supported-versions\10\0032.0\16max-frame-size\17"), 4 },
};

START_TEST(bad_hellos_get_the_right_status)
{
    struct desk desk;
    struct buf hello = { 0 };
    unsigned char memory[256];
    struct writer w = writer_over(memory, sizeof memory);
    size_t start = frame_begin(&w, FRAME_HAPROXY_HELLO, 0, 0);
    writer_bytes(&w, bad_hellos[_i].payload);
    frame_end(&w, start);
    put_writer(&hello, &w);
    desk_open(&desk);
    ck_assert(!feed(&desk, buf_str(&hello)));
    check_disconnected(&desk, bad_hellos[_i].status);
    ck_assert_ptr_nonnull(desk.session.problem);
    buf_fini(&hello);
    desk_close(&desk);
}
END_TEST

static const struct {
    struct str bytes;
    uint64_t status;
    const char *what;
} hostile[] = {
    { STR("\0\0\0\0"), 4, "length 0" },
    { STR("\0\0\0\6\3\0\0\0\1\1"), 4, "shorter than any frame" },
    { STR("\x7f\xff\xff\xff"), 3, "length 2^31-1" },
    { STR("\0\0\x3f\xfd"), 3, "one more than agreed" },
    { STR("GET / HTTP/1.1\r\n\r\n"), 3, "HTTP" },
    { STR("\0\0\0\7\3\0\0\0\1\xff\xff"), 4, "ids that do not end" },
    { STR("\0\0\0\7\3\0\0\0\0\1\1"), 10, "the first of several fragments" },
    { STR("\0\0\0\7\0\0\0\0\1\1\1"), 10, "the last of several fragments" },
    { STR("\0\0\0\7\1\0\0\0\1\0\0"), 4, "a second hello" },
    { STR("\0\0\0\7\x65\0\0\0\1\0\0"), 4, "an agent's hello" },
    { STR("\0\0\0\7\x66\0\0\0\1\0\0"), 4, "an agent's disconnect" },
    { STR("\0\0\0\7\x67\0\0\0\1\0\0"), 4, "an agent's ACK" },
    { STR("\0\0\0\10\3\0\0\0\1\1\1\5"), 4, "a message name past the end" },
    { STR("\0\0\0\11\3\0\0\0\1\1\1\0\1"), 4, "an argument that is not there" },
    { STR("\0\0\0\13\3\0\0\0\1\1\1\0\1\0\x0f"), 4, "a value of unknown type" },
    { STR("\0\0\0\14\3\0\0\0\1\1\1\0\1\0\6\1"), 4, "a cut address" },
};

START_TEST(hostile_frames_close_with_the_right_status)
{
    struct desk desk;
    desk_greet(&desk, 16380);
    ck_assert_msg(!feed(&desk, hostile[_i].bytes), "%s", hostile[_i].what);
    check_disconnected(&desk, hostile[_i].status);
    ck_assert_ptr_nonnull(desk.session.problem);
    desk_close(&desk);
}
END_TEST

START_TEST(hostile_frames_are_no_hello)
{
    struct desk desk;
    desk_open(&desk);
    struct buf bytes = { 0 };
    buf_put(&bytes, hostile[_i].bytes);
    buf_put(&bytes, STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    ck_assert(!feed(&desk, buf_str(&bytes)));
    ck_assert_uint_eq(only_frame(&desk.out).type, FRAME_AGENT_DISCONNECT);
    ck_assert_int_eq(desk.callee.asked, 0);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(captured_fragments_are_declined)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 16380);
    put_capture(&bytes, CAPTURE_FRAGMENT_1);
    ck_assert(!feed(&desk, buf_str(&bytes)));
    check_disconnected(&desk, SPOP_FRAGMENTED);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(unknown_types_and_aborts_are_passed_over)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 16380);
    ck_assert(feed(&desk, STR("\0\0\0\7\x2a\0\0\0\1\1\1")));
    ck_assert(feed(&desk, STR("\0\0\0\7\3\0\0\0\3\1\1")));
    ck_assert_uint_eq(desk.out.n, 0);
    put_lean(&bytes, 1, 1, STR("pass"));
    ck_assert(feed(&desk, buf_str(&bytes)));
    ck_assert_uint_gt(desk.out.n, 0);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(answers_beyond_the_limit_close)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 16380);
    desk.out.limit = 1000;
    for (int i = 0; i < 100; i++)
        put_lean(&bytes, 1, 1, STR("pass"));
    ck_assert(!feed(&desk, buf_str(&bytes)));
    ck_assert_uint_le(desk.out.n, 1000);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { bad_hellos_get_the_right_status, ROWS(bad_hellos) },
        { hostile_frames_close_with_the_right_status, ROWS(hostile) },
        { hostile_frames_are_no_hello, ROWS(hostile) },
        { captured_fragments_are_declined, 0 },
        { unknown_types_and_aborts_are_passed_over, 0 },
        { answers_beyond_the_limit_close, 0 },
        { NULL, 0 },
    };
    return run_suite("hostile", tests);
}
