/* The watch against servers that misbehave, or that behave as a real one does once in a blue moon. */
#include "etcd/watch.h"

#include "etcd/base64.h"
#include "fake.h"
#include "mirror.h"
#include "suite.h"

static struct fake fake;
static struct mirror mirror;
static struct etcd_watch *watch;

static void run_as(const char *user, const struct fake *scripts)
{
    char error[256];
    fake = *scripts;
    mirror_init(&mirror);
    fake_start(&fake);
    struct str endpoint = str_c(fake.endpoint);
    struct etcd_settings settings = { .endpoints = &endpoint, .n_endpoints = 1, .root = STR("traefik"), .username = str_c(user),
                                      .password = STR("sesame") };
    struct etcd_callbacks callbacks = mirror_callbacks(&mirror);
    watch = etcd_watch_start(&settings, &callbacks, NULL, error);
    ck_assert_msg(watch != NULL, "%s", error);
}

static void run(fake_script *on_list, fake_script *on_count, fake_script *on_watch)
{
    run_as("", &(struct fake){ .on_list = on_list, .on_count = on_count, .on_watch = on_watch });
}

static void finish(void)
{
    etcd_watch_stop(watch);
    fake_stop(&fake);
    mirror_fini(&mirror);
}

static const char *last_error(void)
{
    static struct etcd_status status;
    etcd_watch_status(watch, &status);
    return status.error;
}

/* "traefik/NAME" as base64, in a buffer that lives until the next but three calls. */
static const char *key_of(const char *name)
{
    static _Thread_local char keys[4][64];
    static _Thread_local int turn;
    char *key = keys[turn++ % 4];
    struct buf plain = { 0 }, coded = { 0 };
    buf_printf(&plain, "traefik/%s", name);
    etcd_base64_put(&coded, buf_str(&plain));
    snprintf(key, sizeof keys[0], "%s", coded.p);
    buf_fini(&plain);
    buf_fini(&coded);
    return key;
}

/* A message with one put of the value "1", of that revision; its header claims another. */
static void send_put(int fd, const char *name, int revision, int header)
{
    fake_chunk(fd,
               "{\"result\":{\"header\":{\"cluster_id\":\"7\",\"revision\":\"%d\"},\"events\":[{\"kv\":{\"key\":\"%s\","
               "\"create_revision\":\"%d\",\"mod_revision\":\"%d\",\"value\":\"MQ==\"}}]}}\n",
               header, key_of(name), revision, revision);
}

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

/* A probe that never comes to an end disturbs nobody for 3 s. */
static bool count_never(struct fake *f, int fd, const char *body, int nth)
{
    (void)body, (void)nth;
    return fake_hang(f, fd);
}

/* In a catch-up each message's header names the newest revision of the store, not the last one in it. */
static bool watch_catch_up_cut(struct fake *f, int fd, const char *body, int nth)
{
    if (nth > 1)
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
    mirror_wait(&mirror, fake.watches >= 2 && watch_state(watch) != ETCD_WAITING);
    ck_assert_int_eq(fake.start, 13);
    finish();
}
END_TEST

static bool watch_progress_then_cut(struct fake *f, int fd, const char *body, int nth)
{
    if (nth > 1)
        return fake_watch(f, fd, body, nth);
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("70"));                                                 /* says nothing of events */
    fake_chunk(fd, "{\"result\":{" FAKE_HEADER("60") ",\"watch_id\":\"-1\"}}\n");       /* nor does this */
    fake_chunk(fd, "{\"result\":{" FAKE_HEADER("50") "}}\n");                           /* this does */
    return false;
}

START_TEST(only_a_progress_notice_moves_the_revision_without_events)
{
    run(list_large, count_never, watch_progress_then_cut);
    mirror_wait(&mirror, fake.watches >= 2 && watch_state(watch) != ETCD_WAITING);
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
    fake_chunk(fd, "{\"result\":{\"events\":[{\"kv\":{\"key\":\"%s\",\"mod_revision\":\"11\"}},", key_of("a"));
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
    run(NULL, count_never, watch_endless_line);
    mirror_wait(&mirror, mirror.full == 2 && watch_state(watch) == ETCD_WATCHING);
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
    ck_assert_int_eq(mirror.partial, 0);
    finish();
}
END_TEST

static bool watch_refused(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)body, (void)nth;
    return fake_answer(fd, 400, "CommonName of client sending a request against gateway will be ignored and not used as expected\n");
}

START_TEST(a_watch_refused_by_status_is_read_whole)
{
    run(NULL, NULL, watch_refused);
    mirror_wait(&mirror, watch_state(watch) == ETCD_FAILED_AUTH);
    ck_assert_msg(strstr(last_error(), "CommonName") && strstr(last_error(), "--providers.etcd.tls.cert"), "%s", last_error());
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

/* --- lists --- */

static bool list_compacted_under_way(struct fake *f, int fd, const char *body, int nth)
{
    (void)f;
    if (nth == 2) {
        ck_assert(strstr(body, "\"revision\":\"20\""));
        return fake_answer(fd, 400, "{\"code\":11,\"message\":\"etcdserver: mvcc: required revision has been compacted\"}");
    }
    char page[512];
    ck_assert(nth == 4 || !strstr(body, "\"revision\""));
    snprintf(page, sizeof page, "{\"header\":{\"cluster_id\":\"7\",\"revision\":\"%d\"},\"kvs\":[{\"key\":\"%s\",\"mod_revision\":\"9\"}]%s}",
             nth == 1 ? 20 : 30, key_of(nth == 1 ? "gone" : nth == 3 ? "a" : "b"), nth == 4 ? "" : ",\"more\":true");
    return fake_answer(fd, 200, page);
}

START_TEST(a_list_compacted_under_way_begins_again)
{
    run(list_compacted_under_way, count_never, NULL);
    mirror_wait(&mirror, mirror.full == 1);
    mirror_wait(&mirror, mirror.revision == 30 && mirror_count(&mirror) == 2 && mirror_has(&mirror, "traefik/gone", NULL));
    finish();
}
END_TEST

/* Pages that no etcd gives: nothing of them may be handed over. */
static const char *const bad_pages[] = {
    "{" FAKE_HEADER("10") ",\"more\":true}", /* more of nothing, for ever */
    "{" FAKE_HEADER("10") ",\"kvs\":[{\"key\":\"dHJhZWZpay9i\",\"mod_revision\":\"9\"},{\"key\":\"dHJhZWZpay9h\",\"mod_revision\":\"9\"}]}",
    "{" FAKE_HEADER("10") ",\"kvs\":[{\"key\":\"dHJhZWZpay9h\",\"mod_revision\":\"9\"},{\"key\":\"dHJhZWZpay9h\",\"mod_revision\":\"9\"}]}",
    "{" FAKE_HEADER("10") ",\"kvs\":[{\"key\":\"b3RoZXI=\",\"mod_revision\":\"9\"}]}", /* not below the root */
    "{" FAKE_HEADER("10") ",\"kvs\":[{\"key\":\"dHJhZWZpay9h\",\"mod_revision\":\"9\"}]", /* cut */
    "<html>Welcome</html>",
};
static atomic_int bad_page;

static bool list_bad(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)body, (void)nth;
    return fake_answer(fd, 200, bad_pages[bad_page]);
}

START_TEST(a_page_that_cannot_be_is_not_handed_over)
{
    bad_page = _i;
    run(list_bad, NULL, NULL);
    mirror_wait(&mirror, fake.lists >= 2 && strstr(last_error(), "does not speak like etcd") != NULL);
    ck_assert_int_eq(mirror.full, 0);
    finish();
}
END_TEST

/* --- probes --- */

static bool count_other(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)body, (void)nth;
    return fake_answer(fd, 200, "{" FAKE_HEADER("10") ",\"count\":\"3\"}");
}

START_TEST(a_store_with_other_keys_than_the_events_made_is_listed_anew)
{
    run(NULL, count_other, NULL);
    mirror_wait(&mirror, mirror.full == 2 && watch_state(watch) == ETCD_WATCHING);
    usleep(300000);
    mirror_wait(&mirror, mirror.full == 2); /* and not for ever */
    finish();
}
END_TEST

static bool count_ahead(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)body, (void)nth;
    return fake_answer(fd, 200, "{" FAKE_HEADER("20") "}");
}

static bool watch_stuck(struct fake *f, int fd, const char *body, int nth)
{
    (void)body;
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("10"));
    if (nth > 1)
        send_put(fd, "a", 11, 20);
    return fake_hang(f, fd);
}

START_TEST(a_watch_that_lags_in_silence_is_opened_anew)
{
    run(NULL, count_ahead, watch_stuck);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "1"));
    ck_assert(fake.watches == 2 && mirror.full == 1);
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    ck_assert(status.reconnects == 0 && status.state == ETCD_WATCHING);
    finish();
}
END_TEST

static bool count_for_users(struct fake *f, int fd, const char *body, int nth)
{
    if (!f->authorized)
        return fake_answer(fd, 401, "{\"code\":16,\"message\":\"etcdserver: invalid auth token\"}");
    return fake_list(f, fd, body, nth);
}

static bool authenticate_well(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)nth;
    bool right = strcmp(body, "{\"name\":\"joe\",\"password\":\"sesame\"}") == 0;
    return fake_answer(fd, 200, right ? "{\"token\":\"T\"}" : "{}");
}

static bool authenticate_badly(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)body, (void)nth;
    return fake_answer(fd, 400, "{\"code\":3,\"message\":\"etcdserver: authentication failed, invalid user ID or password\"}");
}

/* Two events, the second one when the test says so. */
static atomic_bool second_event;

static bool watch_with_a_break(struct fake *f, int fd, const char *body, int nth)
{
    (void)body, (void)nth;
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("10"));
    while (!second_event && !f->ending)
        usleep(5000);
    send_put(fd, "a", 11, 11);
    return fake_hang(f, fd);
}

START_TEST(a_token_that_died_is_replaced_beside_a_running_watch)
{
    second_event = false;
    run_as("joe", &(struct fake){ .on_count = count_for_users, .on_watch = watch_with_a_break, .on_authenticate = authenticate_well });
    mirror_wait(&mirror, fake.counts == 2);
    second_event = true;
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "1"));
    ck_assert(fake.authorized && fake.authentications == 1 && fake.watches == 1 && fake.lists == 1);
    ck_assert_str_eq(last_error(), "");
    finish();
}
END_TEST

START_TEST(a_password_that_became_wrong_is_told_and_the_watch_goes_on)
{
    second_event = false;
    run_as("joe", &(struct fake){ .on_count = count_for_users, .on_watch = watch_with_a_break, .on_authenticate = authenticate_badly });
    mirror_wait(&mirror, strstr(last_error(), "'joe'") != NULL);
    ck_assert(watch_state(watch) == ETCD_WATCHING && !strstr(last_error(), "sesame"));
    second_event = true;
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "1"));
    ck_assert(fake.watches == 1 && fake.lists == 1);
    finish();
}
END_TEST

static bool list_never_pleased(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)body, (void)nth;
    return fake_answer(fd, 401, "{\"code\":16,\"message\":\"etcdserver: invalid auth token\"}");
}

/* A fresh token that is refused too must not make us ask at full speed: each asking costs etcd 60 ms of bcrypt. */
START_TEST(a_server_that_takes_no_token_is_not_stormed)
{
    run_as("joe", &(struct fake){ .on_list = list_never_pleased, .on_authenticate = authenticate_well });
    mirror_wait(&mirror, fake.authentications >= 1);
    sleep(1);
    ck_assert_int_le(fake.authentications, 30);
    finish();
}
END_TEST

/* --- the end --- */

static bool list_never(struct fake *f, int fd, const char *body, int nth)
{
    (void)body, (void)nth;
    return fake_hang(f, fd);
}

/* Anything but the time limits of calls: those are 3 s and more. */
static void stop_promptly(void)
{
    int64_t start = clock_monotonic_ns();
    etcd_watch_stop(watch);
    watch = NULL;
    ck_assert(clock_monotonic_ns() - start < 2000000000);
    finish();
}

START_TEST(a_stop_does_not_wait_for_a_list)
{
    run(list_never, NULL, NULL);
    mirror_wait(&mirror, fake.lists == 1);
    stop_promptly();
}
END_TEST

START_TEST(a_stop_does_not_wait_for_a_watch_or_a_probe)
{
    run(NULL, count_never, NULL);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
    stop_promptly();
}
END_TEST

START_TEST(a_stop_does_not_wait_for_a_pause)
{
    run(NULL, NULL, watch_refused);
    mirror_wait(&mirror, watch_state(watch) == ETCD_FAILED_AUTH);
    stop_promptly();
}
END_TEST

START_TEST(a_stop_at_once_is_fine)
{
    run(NULL, NULL, NULL);
    stop_promptly();
}
END_TEST

START_TEST(the_same_failure_is_logged_once)
{
    char path[] = "/tmp/check-etcd-log-XXXXXX", error[256];
    close(mkstemp(path));
    struct log *log = log_open(path, LOG_LINE_DEBUG, false);
    mirror_init(&mirror);
    struct str dead = STR("127.0.0.1:1"); /* tcpmux: nobody's today */
    struct etcd_settings settings = { .endpoints = &dead, .n_endpoints = 1, .root = STR("traefik") };
    struct etcd_callbacks callbacks = mirror_callbacks(&mirror);
    watch = etcd_watch_start(&settings, &callbacks, log, error);
    struct etcd_status status = { 0 };
    for (int i = 0; i < 500 && status.reconnects < 4; i++) {
        usleep(10000);
        etcd_watch_status(watch, &status);
    }
    etcd_watch_stop(watch);
    log_close(log);
    ck_assert(status.reconnects >= 4);
    FILE *f = fopen(path, "r");
    char line[1024];
    int lines = 0;
    while (fgets(line, sizeof line, f)) {
        lines++;
        ck_assert_msg(strstr(line, "warn") && strstr(line, "127.0.0.1:1") && strstr(line, "--providers.etcd.endpoints"), "%s", line);
    }
    ck_assert_int_eq(lines, 1);
    fclose(f);
    unlink(path);
    mirror_fini(&mirror);
}
END_TEST

int main(void)
{
    return run_suite("etcd script", (const struct test_row[]){
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
                                        { a_list_compacted_under_way_begins_again, 0 },
                                        { a_page_that_cannot_be_is_not_handed_over, ROWS(bad_pages) },
                                        { a_store_with_other_keys_than_the_events_made_is_listed_anew, 0 },
                                        { a_watch_that_lags_in_silence_is_opened_anew, 0 },
                                        { a_token_that_died_is_replaced_beside_a_running_watch, 0 },
                                        { a_password_that_became_wrong_is_told_and_the_watch_goes_on, 0 },
                                        { a_server_that_takes_no_token_is_not_stormed, 0 },
                                        { a_stop_does_not_wait_for_a_list, 0 },
                                        { a_stop_does_not_wait_for_a_watch_or_a_probe, 0 },
                                        { a_stop_does_not_wait_for_a_pause, 0 },
                                        { a_stop_at_once_is_fine, 0 },
                                        { the_same_failure_is_logged_once, 0 },
                                        { 0 },
                                    });
}
