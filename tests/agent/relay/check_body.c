#include "relay/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "suite.h"

/* A body that is read as it comes, and what its readers have seen. */
struct watcher {
    struct body_reader reader; /* first */
    struct body *body;
    size_t calls, bytes;
    bool closes; /* at the first word */
    unsigned char next;
};

static void on_more(struct body_reader *reader)
{
    struct watcher *w = (struct watcher *)reader;
    char bytes[777];
    size_t n;
    w->calls++;
    if (w->closes) {
        body_close_reader(w->body, reader);
        return;
    }
    while ((n = body_read(w->body, reader, bytes, sizeof bytes)))
        for (size_t i = 0; i < n; i++, w->bytes++)
            if ((unsigned char)bytes[i] != w->next++)
                ck_abort_msg("byte %zu is another", w->bytes);
}

static void append(struct body *body, size_t from, size_t n)
{
    char *bytes = xmalloc(n);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(from + i);
    body_append(body, str_of(bytes, n));
    free(bytes);
}

static void open_watcher(struct watcher *w, struct body *body)
{
    *w = (struct watcher){ .reader.more = on_more, .body = body };
    body_open_reader(body, &w->reader);
}

START_TEST(readers_see_all_bytes_in_order_and_what_is_read_goes)
{
    struct body body;
    struct watcher one, other;
    body_init(&body, "/nowhere", -1);
    open_watcher(&one, &body);
    open_watcher(&other, &body);
    for (size_t at = 0; at < 3000000; at += 100000)
        append(&body, at, 100000);
    ck_assert_uint_eq(one.bytes, 3000000);
    ck_assert_uint_eq(other.bytes, 3000000);
    ck_assert_uint_lt(body.spool.memory.n, 200000);
    body_end(&body, true);
    ck_assert_uint_eq(one.calls, 31);
    ck_assert(body.complete);
    body_close_reader(&body, &one.reader);
    body_close_reader(&body, &other.reader);
    body_fini(&body);
}
END_TEST

START_TEST(a_slow_reader_fills_it_and_is_heard_when_it_reads)
{
    struct body body;
    struct watcher slow;
    body_init(&body, "/nowhere", -1);
    open_watcher(&slow, &body);
    slow.reader.more = NULL;
    body.readers = NULL; /* told nothing: it reads by itself */
    slow.reader.next = NULL;
    append(&body, 0, BODY_AHEAD + 1);
    body.readers = &slow.reader;
    ck_assert(body_is_full(&body));
    on_more(&slow.reader);
    ck_assert(!body_is_full(&body));
    body_close_reader(&body, &slow.reader);
    body_fini(&body);
}
END_TEST

START_TEST(what_is_kept_can_be_read_once_more_from_a_file_too)
{
    struct body body;
    struct watcher first, second;
    body_init(&body, ".", -1);
    body.keepers++;
    open_watcher(&first, &body);
    for (size_t at = 0; at < 3000000; at += 100000)
        append(&body, at, 100000);
    ck_assert_int_ge(body.spool.fd, 0);
    body_end(&body, true);
    open_watcher(&second, &body);
    on_more(&second.reader);
    ck_assert_uint_eq(first.bytes, 3000000);
    ck_assert_uint_eq(second.bytes, 3000000);
    body_close_reader(&body, &first.reader);
    body_close_reader(&body, &second.reader);
    body_fini(&body);
}
END_TEST

START_TEST(without_room_for_the_file_it_is_broken)
{
    struct body body;
    body_init(&body, "/nowhere", -1);
    body.keepers++;
    for (size_t at = 0; at < 2000000; at += 100000)
        append(&body, at, 100000);
    ck_assert(body.broken);
    body_end(&body, true);
    ck_assert(!body.complete);
    body_fini(&body);
}
END_TEST

START_TEST(readers_may_go_when_they_are_told)
{
    struct body body;
    struct watcher all[3];
    body_init(&body, "/nowhere", -1);
    for (size_t i = 0; i < 3; i++) {
        open_watcher(&all[i], &body);
        all[i].closes = i == (size_t)_i;
    }
    append(&body, 0, 10);
    append(&body, 10, 10);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(all[i].calls, i == (size_t)_i ? 1 : 2);
        body_close_reader(&body, &all[i].reader);
    }
    body_fini(&body);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { readers_see_all_bytes_in_order_and_what_is_read_goes, 0 },
        { a_slow_reader_fills_it_and_is_heard_when_it_reads, 0 },
        { what_is_kept_can_be_read_once_more_from_a_file_too, 0 },
        { without_room_for_the_file_it_is_broken, 0 },
        { readers_may_go_when_they_are_told, 3 },
        { NULL, 0 },
    };
    return run_suite("body", tests);
}
