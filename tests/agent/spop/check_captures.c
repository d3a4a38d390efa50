/* Frames that real HAProxys and a real agent exchanged. */
#include <stdio.h>
#include <stdlib.h>

#include "frames.h"
#include "spop/ack.h"
#include "spop/hello.h"
#include "spop/notify.h"

static const struct {
    const char *name;
    uint8_t type;
    uint32_t flags;
    uint64_t stream, id;
} captures[] = {
    { CAPTURE_HELLO_CHECK, FRAME_HAPROXY_HELLO, 1, 0, 0 },
    { CAPTURE_AGENT_HELLO, FRAME_AGENT_HELLO, 1, 0, 0 },
    { CAPTURE_HELLO_26, FRAME_HAPROXY_HELLO, 1, 0, 0 },
    { CAPTURE_NOTIFY_TYPES, FRAME_NOTIFY, 1, 0, 1 },
    { CAPTURE_HELLO_32, FRAME_HAPROXY_HELLO, 1, 0, 0 },
    { CAPTURE_HELLO_30, FRAME_HAPROXY_HELLO, 1, 0, 0 },
    { CAPTURE_HELLO_34, FRAME_HAPROXY_HELLO, 1, 0, 0 },
    { CAPTURE_DISCONNECT, FRAME_HAPROXY_DISCONNECT, 1, 0, 0 },
    { CAPTURE_AGENT_DISCONNECT, FRAME_AGENT_DISCONNECT, 1, 0, 0 },
};

START_TEST(frames_have_type_flags_and_ids)
{
    struct buf bytes = { 0 };
    put_capture(&bytes, captures[_i].name);
    struct frame frame = only_frame(&bytes);
    ck_assert_uint_eq(frame.type, captures[_i].type);
    ck_assert_uint_eq(frame.flags, captures[_i].flags);
    ck_assert_uint_eq(frame.stream, captures[_i].stream);
    ck_assert_uint_eq(frame.id, captures[_i].id);
    buf_fini(&bytes);
}
END_TEST

START_TEST(fragments_show_in_the_flags)
{
    struct buf one = { 0 }, two = { 0 };
    put_capture(&one, CAPTURE_FRAGMENT_1);
    put_capture(&two, CAPTURE_FRAGMENT_2);
    struct frame first = only_frame(&one), second = only_frame(&two);
    ck_assert_uint_eq(first.type, FRAME_NOTIFY);
    ck_assert_uint_eq(first.flags & FRAME_FIN, 0);
    ck_assert_uint_eq(second.type, FRAME_UNSET);
    ck_assert_uint_eq(second.flags & FRAME_FIN, FRAME_FIN);
    ck_assert_uint_eq(first.stream, second.stream);
    ck_assert_uint_eq(first.id, second.id);
    buf_fini(&one);
    buf_fini(&two);
}
END_TEST

static const struct {
    const char *name;
    bool health_check;
} hellos[] = {
    { CAPTURE_HELLO_CHECK, true }, { CAPTURE_HELLO_26, false }, { CAPTURE_HELLO_30, false },
    { CAPTURE_HELLO_32, false },   { CAPTURE_HELLO_34, false },
};

START_TEST(hellos_are_understood)
{
    struct buf bytes = { 0 };
    struct hello hello;
    put_capture(&bytes, hellos[_i].name);
    ck_assert_int_eq(hello_read(only_frame(&bytes).payload, &hello), SPOP_NORMAL);
    ck_assert_uint_eq(hello.max_frame_size, 16380);
    ck_assert_int_eq(hello.health_check, hellos[_i].health_check);
    buf_fini(&bytes);
}
END_TEST

/* Every argument as one line of text. */
struct listing {
    struct buf text;
};

static void list_argument(void *context, struct str message, struct str argument, const struct value *value)
{
    static const char *const types[] = { "null",   "bool", "int32", "uint32", "int64",
                                         "uint64", "ipv4", "ipv6",  "string", "binary" };
    struct listing *listing = context;
    buf_printf(&listing->text, "%.*s %.*s %s", STR_ARG(message), STR_ARG(argument), types[value->type]);
    if (value->type >= VALUE_BOOL && value->type <= VALUE_UINT64)
        buf_printf(&listing->text, " %lld", (long long)value->number);
    else if (value->type == VALUE_STRING && value->bytes.n < 10)
        buf_printf(&listing->text, " %.*s", STR_ARG(value->bytes));
    else
        buf_printf(&listing->text, " %zu bytes", value->bytes.n);
    buf_putc(&listing->text, '\n');
}

static const struct {
    const char *name, *arguments;
} notifies[] = {
    { CAPTURE_NOTIFY_TYPES, "m-ev id null 0 bytes\n"
                            "m-ev method string GET\n"
                            "m-ev path string /e\n"
                            "m-ev v6 ipv6 16 bytes\n"
                            "m-ev src ipv4 4 bytes\n"
                            "m-ev tru bool 1\n"
                            "m-ev fal bool 0\n"
                            "m-ev n int64 300\n"
                            "m-ev neg int64 -1\n"
                            "m-ev missing null 0 bytes\n"
                            "m-ev bin binary 3 bytes\n"
                            "m-ev hdrs string 63 bytes\n" },
    { CAPTURE_NOTIFY_GROUP_26, "m2 kind string second\nm2 a string x\n" },
    { CAPTURE_NOTIFY_GROUP_32, "m2 kind string second\nm2 a string x\n" },
    { CAPTURE_NOTIFY_BODY, " binary 6000 bytes\n" },
};

START_TEST(arguments_are_read_in_order)
{
    struct buf bytes = { 0 };
    struct listing listing = { 0 };
    put_capture(&bytes, notifies[_i].name);
    ck_assert(notify_walk(only_frame(&bytes).payload, list_argument, &listing));
    struct str text = buf_str(&listing.text), expected = str_c(notifies[_i].arguments);
    bool whole = _i == 0;
    ck_assert_msg(whole ? str_eq(text, expected) : str_search(text, expected) != SIZE_MAX, "%.*s",
                  STR_ARG(text));
    buf_fini(&bytes);
    buf_fini(&listing.text);
}
END_TEST

START_TEST(a_cut_notify_is_refused)
{
    struct buf bytes = { 0 };
    put_capture(&bytes, CAPTURE_NOTIFY_TYPES);
    struct str payload = only_frame(&bytes).payload;
    for (size_t n = 1; n < payload.n; n++) {
        char *exact = malloc(n); /* so that the sanitizer sees a read past the end */
        struct question question;
        memcpy(exact, payload.p, n);
        ck_assert(!notify_read(str_of(exact, n), &question));
        free(exact);
    }
    buf_fini(&bytes);
}
END_TEST

START_TEST(what_the_agent_asks_for_is_found_by_name)
{
    struct buf bytes = { 0 };
    struct question question;
    put_capture(&bytes, CAPTURE_NOTIFY_TYPES);
    ck_assert(notify_read(only_frame(&bytes).payload, &question));
    ck_assert_ptr_null(question.program.p);
    ck_assert_ptr_null(question.request.host.p);
    ck_assert(str_eq(question.request.method, STR("GET")));
    ck_assert_uint_eq(question.request.source.n, 4);
    ck_assert(memcmp(question.request.source.bytes, "\x7f\0\0\1", 4) == 0);
    ck_assert(str_starts(question.request.headers, STR("host: 127.")));
    buf_fini(&bytes);
}
END_TEST

static void check_written(const char *capture, const struct writer *w)
{
    struct buf bytes = { 0 };
    put_capture(&bytes, capture);
    ck_assert(!w->failed);
    ck_assert_uint_eq(writer_str(w).n, bytes.n);
    for (size_t i = 0; i < bytes.n; i++)
        ck_assert_msg(w->start[i] == (unsigned char)bytes.p[i], "byte %zu is %02x, not %02x", i, w->start[i],
                      (unsigned char)bytes.p[i]);
    buf_fini(&bytes);
}

START_TEST(our_hello_is_what_haproxy_took)
{
    unsigned char memory[256];
    struct writer w = writer_over(memory, sizeof memory);
    hello_write(&w, 16380, STR("pipelining,async,fragmentation"));
    check_written(CAPTURE_AGENT_HELLO, &w);
}
END_TEST

START_TEST(our_goodbye_is_what_haproxy_took)
{
    unsigned char memory[256];
    struct writer w = writer_over(memory, sizeof memory);
    disconnect_write(&w, 0, STR("bye"));
    check_written(CAPTURE_AGENT_DISCONNECT, &w);
}
END_TEST

/* Our agent never unsets a variable; the one that was captured did. */
static void unset(struct writer *w, enum action_scope scope, struct str name)
{
    writer_u8(w, 2);
    writer_u8(w, 2);
    writer_u8(w, (uint8_t)scope);
    writer_string(w, name);
}

/* Reads the actions of the captured ACK and writes them again. */
START_TEST(our_actions_are_what_haproxy_took)
{
    struct buf bytes = { 0 };
    unsigned char memory[1024];
    struct writer w = writer_over(memory, sizeof memory);
    put_capture(&bytes, CAPTURE_ACK);
    struct frame ack = only_frame(&bytes);
    struct cursor c = cursor_over(ack.payload);
    int sets = 0, unsets = 0;
    size_t start = frame_begin(&w, FRAME_ACK, ack.stream, ack.id);
    while (!cursor_done(&c)) {
        uint8_t action = cursor_u8(&c), n = cursor_u8(&c);
        enum action_scope scope = (enum action_scope)cursor_u8(&c);
        struct str name = cursor_string(&c);
        ck_assert_uint_eq(n, action == 1 ? 3 : 2);
        if (action == 1) {
            struct value value = cursor_value(&c);
            ack_set(&w, scope, name, &value);
            sets++;
        } else {
            unset(&w, scope, name);
            unsets++;
        }
    }
    frame_end(&w, start);
    ck_assert(!c.failed);
    ck_assert_int_gt(sets, 8);
    ck_assert_int_eq(unsets, 1);
    check_written(CAPTURE_ACK, &w);
    buf_fini(&bytes);
}
END_TEST

static void put_pairs(struct cursor *c, struct writer *w)
{
    while (!cursor_done(c)) {
        writer_string(w, cursor_string(c));
        struct value value = cursor_value(c);
        writer_value(w, &value);
    }
}

static void put_messages(struct cursor *c, struct writer *w)
{
    while (!cursor_done(c)) {
        writer_string(w, cursor_string(c));
        uint8_t n = cursor_u8(c);
        writer_u8(w, n);
        for (uint8_t i = 0; i < n; i++) {
            writer_string(w, cursor_string(c));
            struct value value = cursor_value(c);
            writer_value(w, &value);
        }
    }
}

static void put_actions(struct cursor *c, struct writer *w)
{
    while (!cursor_done(c)) {
        uint8_t action = cursor_u8(c);
        writer_u8(w, action);
        writer_u8(w, cursor_u8(c));
        writer_u8(w, cursor_u8(c));
        writer_string(w, cursor_string(c));
        if (action == 1) {
            struct value value = cursor_value(c);
            writer_value(w, &value);
        }
    }
}

static const char *const all[] = {
    CAPTURE_HELLO_CHECK,
    CAPTURE_AGENT_HELLO,
    CAPTURE_HELLO_26,
    CAPTURE_NOTIFY_TYPES,
    CAPTURE_ACK,
    CAPTURE_HELLO_32,
    CAPTURE_HELLO_30,
    CAPTURE_NOTIFY_GROUP_26,
    CAPTURE_NOTIFY_GROUP_32,
    CAPTURE_HELLO_34,
    CAPTURE_FRAGMENT_1,
    CAPTURE_FRAGMENT_2,
    CAPTURE_DISCONNECT,
    CAPTURE_AGENT_DISCONNECT,
    CAPTURE_NOTIFY_BODY,
};

/* Decoded down to its values and written anew. What a fragment holds is cut anywhere, so it is bytes. */
START_TEST(every_capture_comes_out_as_it_went_in)
{
    struct buf bytes = { 0 };
    static unsigned char memory[1 << 16];
    struct writer w = writer_over(memory, sizeof memory);
    put_capture(&bytes, all[_i]);
    struct frame frame = only_frame(&bytes);
    struct cursor c = cursor_over(frame.payload);
    bool fragment = frame.type == FRAME_UNSET || !(frame.flags & FRAME_FIN);
    size_t start = frame_begin(&w, (enum frame_type)frame.type, frame.stream, frame.id);
    if (fragment)
        writer_bytes(&w, cursor_bytes(&c, frame.payload.n));
    else if (frame.type == FRAME_NOTIFY)
        put_messages(&c, &w);
    else if (frame.type == FRAME_ACK)
        put_actions(&c, &w);
    else
        put_pairs(&c, &w);
    frame_end(&w, start);
    if (!(frame.flags & FRAME_FIN))
        w.start[8] = 0; /* ours are whole, always */
    ck_assert(cursor_done(&c) && !c.failed);
    check_written(all[_i], &w);
    buf_fini(&bytes);
}
END_TEST

START_TEST(a_disconnect_says_why)
{
    struct buf bytes = { 0 };
    uint64_t status;
    struct str message;
    put_capture(&bytes, CAPTURE_DISCONNECT);
    ck_assert(disconnect_read(only_frame(&bytes).payload, &status, &message));
    ck_assert_uint_eq(status, 2);
    ck_assert_uint_gt(message.n, 0);
    buf_fini(&bytes);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { frames_have_type_flags_and_ids, ROWS(captures) },
        { fragments_show_in_the_flags, 0 },
        { hellos_are_understood, ROWS(hellos) },
        { arguments_are_read_in_order, ROWS(notifies) },
        { a_cut_notify_is_refused, 0 },
        { what_the_agent_asks_for_is_found_by_name, 0 },
        { our_hello_is_what_haproxy_took, 0 },
        { our_goodbye_is_what_haproxy_took, 0 },
        { our_actions_are_what_haproxy_took, 0 },
        { every_capture_comes_out_as_it_went_in, ROWS(all) },
        { a_disconnect_says_why, 0 },
        { NULL, 0 },
    };
    return run_suite("captures", tests);
}
