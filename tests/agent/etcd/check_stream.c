/* The watch stream from servers that misbehave, or that behave as a real one does once in a blue moon. */
#include "etcd/watch.h"

#include "scripted.h"

/* More than one page would hold, in one: so the watch goes on after an outage where it was. */
enum { LARGE = 5001 };

static bool list_large(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)body, (void)nth;
    struct buf out = { 0 };
    buf_puts(&out, "{" FAKE_HEADER("10") ",\"kvs\":[");
    for (int i = 0; i < LARGE; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%05d", i);
        buf_printf(&out, "%s{\"key\":\"%s\",\"mod_revision\":\"9\"}", i ? "," : "", key_of(name));
    }
    buf_puts(&out, "]}");
    fake_answer(fd, 200, out.p);
    buf_fini(&out);
    return true;
}

/* In a catch-up each message's header names the newest revision of the store, not the last one in it. */
static bool watch_catch_up_cut(struct fake *f, int fd, const char *body, int nth)
{
    if (f->start != 11) /* the first one may come twice: a busy machine makes clients impatient */
        return fake_watch(f, fd, body, nth);
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("5000"));
    send_put(fd, "a", 11, 5000);
    send_put(fd, "b", 12, 5000);
    return false;
}

START_TEST(a_catch_up_that_is_cut_goes_on_behind_its_last_event)
{
    run(list_large, count_never, watch_catch_up_cut);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/b", "1") && mirror.revision == 12);
    mirror_wait(&mirror, fake.start > 11 && watch_state(watch) != ETCD_WAITING);
    ck_assert_int_eq(fake.start, 13);
    finish();
}
END_TEST

static bool watch_progress_then_cut(struct fake *f, int fd, const char *body, int nth)
{
    if (f->start != 11)
        return fake_watch(f, fd, body, nth);
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("70"));                                           /* says nothing of events */
    fake_chunk(fd, "{\"result\":{" FAKE_HEADER("60") ",\"watch_id\":\"-1\"}}\n"); /* nor does this */
    fake_chunk(fd, "{\"result\":{" FAKE_HEADER("50") "}}\n");                     /* this does */
    return false;
}

START_TEST(only_a_progress_notice_moves_the_revision_without_events)
{
    run(list_large, count_never, watch_progress_then_cut);
    mirror_wait(&mirror, fake.start > 11 && watch_state(watch) != ETCD_WAITING);
    ck_assert_int_eq(fake.start, 51);
    ck_assert_int_eq(mirror.partial, 0);
    finish();
}
END_TEST

static bool watch_repeats(struct fake *f, int fd, const char *body, int nth)
{
    (void)body, (void)nth;
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("12"));
    send_put(fd, "old", 10, 12);
    send_put(fd, "new", 11, 12);
    send_put(fd, "old", 11, 12);
    return fake_hang(f, fd);
}

START_TEST(events_that_we_have_are_dropped)
{
    run(NULL, count_never, watch_repeats);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/new", "1"));
    usleep(100000);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/old", NULL) && mirror.revision == 11);
    finish();
}
END_TEST

static bool watch_in_pieces(struct fake *f, int fd, const char *body, int nth)
{
    (void)body, (void)nth;
    fake_begin(fd);
    const char *line = FAKE_CREATED("10");
    for (; *line; line++)
        fake_chunk(fd, "%c", *line);
    fake_chunk(fd, "{\"result\":{\"events\":[{\"kv\":{\"key\":\"%s\",\"mod_revision\":\"11\"}},",
               key_of("a"));
    usleep(50000);
    fake_chunk(fd, "{\"type\":\"DELETE\",\"kv\":{\"key\":\"%s\",\"mod_revision\":\"11\"}}", key_of("b"));
    usleep(50000);
    fake_chunk(fd, "]}}");
    usleep(50000);
    fake_chunk(fd, "\n");
    return fake_hang(f, fd);
}

START_TEST(a_message_in_pieces_is_one_batch)
{
    run(NULL, count_never, watch_in_pieces);
    mirror_wait(&mirror, mirror.partial > 0);
    ck_assert(mirror.partial == 1 && mirror.last_events == 2);
    finish();
}
END_TEST

/* Without the final newline, as 3.4 does it. */
static bool watch_error_line(struct fake *f, int fd, const char *body, int nth)
{
    if (nth > 1)
        return fake_hang(f, fd);
    (void)body;
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("10"));
    fake_chunk(fd, "{\"error\":{\"grpc_code\":14,\"message\":\"etcdserver: no leader\"}}");
    fake_end(fd);
    return false;
}

START_TEST(an_error_line_ends_the_watch_and_is_told)
{
    run(NULL, NULL, watch_error_line);
    mirror_wait(&mirror, strstr(last_error(), "no leader") != NULL);
    mirror_wait(&mirror, fake.watches >= 2 || mirror.full >= 2);
    finish();
}
END_TEST

static bool watch_garbage(struct fake *f, int fd, const char *body, int nth)
{
    if (nth > 1)
        return fake_watch(f, fd, body, nth);
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("10"));
    fake_chunk(fd, "\x01\xff not json\n");
    return fake_hang(f, fd);
}

START_TEST(a_line_that_is_none_ends_the_watch)
{
    run(NULL, NULL, watch_garbage);
    mirror_wait(&mirror, fake.watches >= 2 && watch_state(watch) == ETCD_WATCHING);
    finish();
}
END_TEST

static bool watch_endless_line(struct fake *f, int fd, const char *body, int nth)
{
    if (nth > 1)
        return fake_watch(f, fd, body, nth);
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("10"));
    static char chunk[4096];
    memset(chunk, '[', sizeof chunk - 1);
    for (int i = 0; i < (65 << 20) / 4096; i++)
        fake_chunk(fd, "%s", chunk);
    return fake_hang(f, fd);
}

START_TEST(a_line_beyond_its_bound_means_a_new_list)
{
    run(NULL, NULL, watch_endless_line);
    mirror_wait(&mirror, mirror.full == 2 && watch_state(watch) == ETCD_WATCHING);
    ck_assert_int_eq(reconnects(), 0);
    finish();
}
END_TEST

static bool watch_other_cluster(struct fake *f, int fd, const char *body, int nth)
{
    if (nth > 1)
        return fake_watch(f, fd, body, nth);
    fake_begin(fd);
    fake_chunk(fd, "{\"result\":{\"header\":{\"cluster_id\":\"8\",\"revision\":\"99\"},\"created\":true}}\n");
    send_put(fd, "a", 11, 99);
    return fake_hang(f, fd);
}

START_TEST(another_cluster_means_a_new_list)
{
    run(NULL, NULL, watch_other_cluster);
    mirror_wait(&mirror, mirror.full == 2 && watch_state(watch) == ETCD_WATCHING);
    ck_assert(mirror.partial == 0 && reconnects() == 0);
    finish();
}
END_TEST

START_TEST(a_watch_refused_by_status_is_read_whole)
{
    run(NULL, NULL, watch_refused);
    mirror_wait(&mirror, watch_state(watch) == ETCD_FAILED_AUTH);
    ck_assert_msg(strstr(last_error(), "CommonName") && strstr(last_error(), "--providers.etcd.tls.cert"),
                  "%s", last_error());
    finish();
}
END_TEST

/* As 3.5 does with a request that it does not understand. */
static bool watch_silent(struct fake *f, int fd, const char *body, int nth)
{
    return nth > 1 ? fake_watch(f, fd, body, nth) : fake_hang(f, fd);
}

START_TEST(a_watch_that_is_never_created_is_asked_for_again)
{
    run(NULL, NULL, watch_silent);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
    ck_assert_int_eq(fake.watches, 2);
    finish();
}
END_TEST

int main(void)
{
    return run_suite("etcd stream", (const struct test_row[]){
                                        { a_catch_up_that_is_cut_goes_on_behind_its_last_event, 0 },
                                        { only_a_progress_notice_moves_the_revision_without_events, 0 },
                                        { events_that_we_have_are_dropped, 0 },
                                        { a_message_in_pieces_is_one_batch, 0 },
                                        { an_error_line_ends_the_watch_and_is_told, 0 },
                                        { a_line_that_is_none_ends_the_watch, 0 },
                                        { a_line_beyond_its_bound_means_a_new_list, 0 },
                                        { another_cluster_means_a_new_list, 0 },
                                        { a_watch_refused_by_status_is_read_whole, 0 },
                                        { a_watch_that_is_never_created_is_asked_for_again, 0 },
                                        { 0 },
                                    });
}
