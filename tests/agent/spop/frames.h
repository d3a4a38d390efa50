/* Frames for the tests: captured ones, and such as HAProxy would write. */
#pragma once

#include <stdio.h>

#include "base/file.h"
#include "spop/frame.h"
#include "suite.h"

#define CAPTURE_HELLO_CHECK      "01-h26-hello-healthcheck.bin"
#define CAPTURE_AGENT_HELLO      "02-a-hello.bin"
#define CAPTURE_HELLO_26         "03-h26-hello.bin"
#define CAPTURE_NOTIFY_TYPES     "04-h26-notify-types.bin"
#define CAPTURE_ACK              "05-a-ack-all-actions.bin"
#define CAPTURE_NOTIFY_GROUP_26  "06-h26-notify-group-two-messages.bin"
#define CAPTURE_HELLO_32         "07-h32-hello.bin"
#define CAPTURE_HELLO_30         "08-h30-hello.bin"
#define CAPTURE_NOTIFY_GROUP_32  "09-h32-notify-group-two-messages.bin"
#define CAPTURE_HELLO_34         "10-h34-hello.bin"
#define CAPTURE_FRAGMENT_1       "11-h26-notify-fragment-1.bin"
#define CAPTURE_FRAGMENT_2       "12-h26-unset-fragment-2.bin"
#define CAPTURE_DISCONNECT       "13-h26-disconnect-idle.bin"
#define CAPTURE_AGENT_DISCONNECT "14-a-disconnect.bin"
#define CAPTURE_NOTIFY_BODY      "15-h32-notify-body-6000.bin"

/* Appends a captured frame, its length in front. */
static inline void put_capture(struct buf *out, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, TESTDATA "/spop/%s", name);
    ck_assert_msg(file_read(path, 0, out), "cannot read %s", path);
}

/* The frame that starts at `at`; fails the test where there is none. Moves `at` behind it. */
static inline struct frame next_frame(struct str *at)
{
    struct frame frame = { 0 };
    size_t used = 0;
    enum spop_status status;
    enum frame_result result = frame_read(*at, FRAME_LARGEST, &frame, &used, &status);
    ck_assert_int_eq(result, FRAME_OK);
    *at = str_from(*at, used);
    return frame;
}

static inline struct frame only_frame(const struct buf *bytes)
{
    struct str at = buf_str(bytes);
    struct frame frame = next_frame(&at);
    ck_assert_uint_eq(at.n, 0);
    return frame;
}

static inline void put_writer(struct buf *out, const struct writer *w)
{
    ck_assert(!w->failed);
    buf_put(out, writer_str(w));
}

/* A HAPROXY-HELLO. */
static inline void put_hello(struct buf *out, const char *versions, uint64_t max_frame_size)
{
    unsigned char memory[512];
    struct writer w = writer_over(memory, sizeof memory);
    size_t start = frame_begin(&w, FRAME_HAPROXY_HELLO, 0, 0);
    writer_string(&w, STR("supported-versions"));
    writer_text(&w, str_c(versions));
    writer_string(&w, STR("max-frame-size"));
    writer_value(&w, &(struct value){ .type = VALUE_UINT32, .number = max_frame_size });
    writer_string(&w, STR("capabilities"));
    writer_text(&w, STR("pipelining"));
    frame_end(&w, start);
    put_writer(out, &w);
}

/* A NOTIFY with the message `lean` for that program, from 127.0.0.1. */
static inline void put_lean(struct buf *out, uint64_t stream, uint64_t id, struct str program)
{
    unsigned char memory[1024];
    struct writer w = writer_over(memory, sizeof memory);
    size_t start = frame_begin(&w, FRAME_NOTIFY, stream, id);
    writer_string(&w, STR("lean"));
    writer_u8(&w, 2);
    writer_string(&w, STR("prog"));
    writer_text(&w, program);
    writer_string(&w, STR("src"));
    writer_value(&w, &(struct value){ .type = VALUE_IPV4, .bytes = STR("\x7f\0\0\1") });
    frame_end(&w, start);
    put_writer(out, &w);
}

/* A variable that an ACK sets, as text ("429" for numbers); empty where it sets none of that name. */
static inline struct str ack_variable(const struct frame *ack, const char *name, char out[static 256])
{
    struct cursor c = cursor_over(ack->payload);
    size_t n = 0;
    while (!cursor_done(&c)) {
        ck_assert_uint_eq(cursor_u8(&c), 1); /* set-var */
        ck_assert_uint_eq(cursor_u8(&c), 3);
        ck_assert_uint_eq(cursor_u8(&c), 2); /* of the transaction */
        struct str variable = cursor_string(&c);
        struct value value = cursor_value(&c);
        if (!str_eq(variable, str_c(name)))
            continue;
        if (value.type == VALUE_STRING)
            n = (size_t)snprintf(out, 256, "%.*s", STR_ARG(value.bytes));
        else
            n = (size_t)snprintf(out, 256, "%d", (int)value.number);
    }
    ck_assert(!c.failed);
    return str_of(out, n);
}

static inline void check_variable(const struct frame *ack, const char *name, const char *expected)
{
    char text[256];
    struct str value = ack_variable(ack, name, text);
    ck_assert_msg(str_eq(value, str_c(expected)), "%s is \"%.*s\", not \"%s\"", name, STR_ARG(value),
                  expected);
}

/* The status code of an AGENT-DISCONNECT. */
static inline uint64_t disconnect_status(const struct frame *frame)
{
    struct cursor c = cursor_over(frame->payload);
    ck_assert_uint_eq(frame->type, FRAME_AGENT_DISCONNECT);
    ck_assert(str_eq(cursor_string(&c), STR("status-code")));
    return cursor_value(&c).number;
}
