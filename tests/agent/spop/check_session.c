#include "desk.h"
#include "spop/hello.h"

START_TEST(a_hello_is_answered)
{
    struct desk desk;
    struct buf hello = { 0 }, expected = { 0 };
    unsigned char memory[256];
    struct writer w = writer_over(memory, sizeof memory);
    desk_open(&desk);
    put_hello(&hello, "1.0, 2.0", 16380);
    ck_assert(feed(&desk, buf_str(&hello)));
    hello_write(&w, 16380, STR("pipelining"));
    put_writer(&expected, &w);
    ck_assert(str_eq(buf_str(&desk.out), buf_str(&expected)));
    buf_fini(&hello);
    buf_fini(&expected);
    desk_close(&desk);
}
END_TEST

static const struct {
    const char *versions;
    uint64_t size;
    int status; /* -1: fine */
} offers[] = {
    { "2.0", 256, -1 },  { "2.0", 65532, -1 },     { "2.0", UINT32_MAX, -1 }, { "3.0,2.0", 16380, -1 },
    { "1.0", 16380, 8 }, { "", 16380, 8 },         { "2.00", 16380, 8 },      { "2.0", 255, 9 },
    { "2.0", 0, 9 },     { "2.0", 1ull << 32, 9 },
};

START_TEST(offers_are_judged)
{
    struct desk desk;
    struct buf hello = { 0 };
    desk_open(&desk);
    put_hello(&hello, offers[_i].versions, offers[_i].size);
    ck_assert_int_eq(feed(&desk, buf_str(&hello)), offers[_i].status < 0);
    if (offers[_i].status >= 0)
        check_disconnected(&desk, (uint64_t)offers[_i].status);
    else
        ck_assert_uint_le(desk.session.max_frame, offers[_i].size);
    buf_fini(&hello);
    desk_close(&desk);
}
END_TEST

START_TEST(a_health_check_gets_a_hello_and_nothing_else)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_open(&desk);
    put_capture(&bytes, CAPTURE_HELLO_CHECK);
    ck_assert(feed(&desk, buf_str(&bytes)));
    ck_assert_uint_eq(only_frame(&desk.out).type, FRAME_AGENT_HELLO);
    buf_reset(&desk.out);
    buf_reset(&bytes);
    put_lean(&bytes, 1, 1, STR("pass"));
    ck_assert(feed(&desk, buf_str(&bytes)));
    ck_assert_uint_eq(desk.out.n, 0);
    ck_assert_int_eq(desk.callee.asked, 0);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(a_pass_names_the_program)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 16380);
    put_lean(&bytes, 300, 1, STR("pass-0123456789abcdef"));
    ck_assert(feed(&desk, buf_str(&bytes)));
    struct frame ack = only_frame(&desk.out);
    ck_assert_uint_eq(ack.type, FRAME_ACK);
    ck_assert_uint_eq(ack.flags, FRAME_FIN);
    ck_assert_uint_eq(ack.stream, 300);
    ck_assert_uint_eq(ack.id, 1);
    check_variable(&ack, "verdict", "pass-0123456789abcdef");
    check_variable(&ack, "status", "");
    ck_assert_uint_eq(desk.callee.last.request.source.n, 4);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(a_refusal_carries_the_response)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 16380);
    put_lean(&bytes, 2, 1, STR("no"));
    ck_assert(feed(&desk, buf_str(&bytes)));
    struct frame ack = only_frame(&desk.out);
    check_variable(&ack, "verdict", "no:no");
    check_variable(&ack, "status", "429");
    check_variable(&ack, "body", "Too Many Requests");
    check_variable(&ack, "h_retry", "1");
    check_variable(&ack, "h_retryin", "137.980226ms");
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(what_is_not_known_is_unknown)
{
    static char long_id[SESSION_LONGEST_ID + 6] = "pass";
    memset(long_id + 4, 'x', sizeof long_id - 5);
    const struct str ids[] = { STR("nobody"), STR(""), str_of(long_id, SESSION_LONGEST_ID + 1) };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct desk desk;
        struct buf bytes = { 0 };
        desk_greet(&desk, 16380);
        put_lean(&bytes, 5, 6, ids[i]);
        ck_assert(feed(&desk, buf_str(&bytes)));
        struct frame ack = only_frame(&desk.out);
        check_variable(&ack, "verdict", "unknown");
        ck_assert_uint_eq(ack.stream, 5);
        ck_assert_uint_eq(ack.id, 6);
        buf_fini(&bytes);
        desk_close(&desk);
    }
}
END_TEST

START_TEST(a_notify_without_a_program_is_answered_too)
{
    static const char *const names[] = { CAPTURE_NOTIFY_TYPES, CAPTURE_NOTIFY_GROUP_26, CAPTURE_NOTIFY_BODY };
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 16380);
    for (int i = 0; i < 3; i++)
        put_capture(&bytes, names[i]);
    ck_assert(feed(&desk, buf_str(&bytes)));
    struct str at = buf_str(&desk.out);
    for (int i = 0; i < 3; i++) {
        struct frame ack = next_frame(&at);
        check_variable(&ack, "verdict", "unknown");
    }
    ck_assert_uint_eq(at.n, 0);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(answers_fit_in_the_smallest_frames)
{
    char id[SESSION_LONGEST_ID + 1] = "pass";
    memset(id + 4, 'x', sizeof id - 5);
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 256);
    put_lean(&bytes, UINT64_MAX, UINT64_MAX, str_of(id, SESSION_LONGEST_ID));
    ck_assert(feed(&desk, buf_str(&bytes)));
    struct frame ack = only_frame(&desk.out);
    char text[256];
    ck_assert_uint_eq(ack_variable(&ack, "verdict", text).n, SESSION_LONGEST_ID);
    ck_assert_uint_le(desk.out.n, 256 + FRAME_LENGTH_SIZE);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(a_delayed_answer_is_left_to_the_callee)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 16380);
    put_lean(&bytes, 9, 1, STR("slow"));
    put_lean(&bytes, 11, 1, STR("hardly")); /* less than clocks on either side tell apart: at once */
    ck_assert(feed(&desk, buf_str(&bytes)));
    ck_assert_uint_eq(only_frame(&desk.out).stream, 11);
    ck_assert_int_eq(desk.callee.delay_ns, 70000000);
    struct frame ack = only_frame(&desk.callee.delayed);
    ck_assert_uint_eq(ack.stream, 9);
    check_variable(&ack, "verdict", "slow");
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(what_cannot_be_delayed_is_refused)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_greet(&desk, 16380);
    desk.callee.full = true;
    put_lean(&bytes, 9, 1, STR("slow"));
    ck_assert(feed(&desk, buf_str(&bytes)));
    struct frame ack = only_frame(&desk.out);
    check_variable(&ack, "verdict", "no:slow");
    check_variable(&ack, "status", "429");
    check_variable(&ack, "h_retryin", "70ms");
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

/* hello, questions of every outcome, captured frames, disconnect */
static void put_conversation(struct buf *out)
{
    put_capture(out, CAPTURE_HELLO_26);
    put_lean(out, 0, 1, STR("pass"));
    put_capture(out, CAPTURE_NOTIFY_TYPES);
    put_lean(out, 300, 1, STR("no"));
    put_lean(out, 302, 1, STR("slow"));
    put_capture(out, CAPTURE_NOTIFY_GROUP_32);
    put_lean(out, 304, 2, STR("nobody"));
    put_capture(out, CAPTURE_DISCONNECT);
}

START_TEST(bytes_may_be_cut_anywhere)
{
    struct buf bytes = { 0 };
    struct desk whole;
    put_conversation(&bytes);
    desk_open(&whole);
    ck_assert(!feed(&whole, buf_str(&bytes)));
    check_disconnected(&whole, 0);
    ck_assert_ptr_null(whole.session.problem);
    ck_assert_uint_eq(whole.session.frames, 8);
    for (size_t cut = 1; cut < bytes.n; cut++) {
        struct desk desk;
        desk_open(&desk);
        ck_assert(feed(&desk, str_head(buf_str(&bytes), cut)));
        ck_assert(!feed(&desk, str_from(buf_str(&bytes), cut)));
        ck_assert(str_eq(buf_str(&desk.out), buf_str(&whole.out)));
        ck_assert(str_eq(buf_str(&desk.callee.delayed), buf_str(&whole.callee.delayed)));
        desk_close(&desk);
    }
    buf_fini(&bytes);
    desk_close(&whole);
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
    struct buf bytes = { 0 };
    struct desk whole, desk;
    put_conversation(&bytes);
    desk_open(&whole);
    desk_open(&desk);
    feed(&whole, buf_str(&bytes));
    for (size_t i = 0; i < bytes.n; i++)
        ck_assert_int_eq(feed(&desk, str_of(bytes.p + i, 1)), i + 1 < bytes.n);
    ck_assert(str_eq(buf_str(&desk.out), buf_str(&whole.out)));
    buf_fini(&bytes);
    desk_close(&desk);
    desk_close(&whole);
}
END_TEST

START_TEST(a_closed_session_says_nothing_more)
{
    struct buf bytes = { 0 };
    struct desk desk;
    put_conversation(&bytes);
    desk_open(&desk);
    feed(&desk, buf_str(&bytes));
    size_t sent = desk.out.n;
    ck_assert(!feed(&desk, buf_str(&bytes)));
    ck_assert_uint_eq(desk.out.n, sent);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(goodbye_is_said_to_open_sessions_only)
{
    struct desk desk;
    desk_greet(&desk, 16380);
    session_disconnect(&desk.session, "bye", &desk.out);
    check_disconnected(&desk, 0);
    desk_close(&desk);
    desk_open(&desk);
    session_disconnect(&desk.session, "bye", &desk.out);
    ck_assert_uint_eq(desk.out.n, 0);
    ck_assert(!feed(&desk, STR("x")));
    desk_close(&desk);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { a_hello_is_answered, 0 },
        { offers_are_judged, ROWS(offers) },
        { a_health_check_gets_a_hello_and_nothing_else, 0 },
        { a_pass_names_the_program, 0 },
        { a_refusal_carries_the_response, 0 },
        { what_is_not_known_is_unknown, 0 },
        { a_notify_without_a_program_is_answered_too, 0 },
        { answers_fit_in_the_smallest_frames, 0 },
        { a_delayed_answer_is_left_to_the_callee, 0 },
        { what_cannot_be_delayed_is_refused, 0 },
        { bytes_may_be_cut_anywhere, 0 },
        { bytes_may_come_one_by_one, 0 },
        { a_closed_session_says_nothing_more, 0 },
        { goodbye_is_said_to_open_sessions_only, 0 },
        { NULL, 0 },
    };
    return run_suite("session", tests);
}
