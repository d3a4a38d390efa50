/* Lists, probes, tokens and the end, against servers that misbehave. */
#include "etcd/watch.h"

#include "scripted.h"

/* --- lists --- */

static bool list_compacted_under_way(struct fake *f, int fd, const char *body, int nth)
{
    (void)f;
    if (nth == 2) {
        ck_assert(strstr(body, "\"revision\":\"20\""));
        return fake_answer(
            fd, 400, "{\"code\":11,\"message\":\"etcdserver: mvcc: required revision has been compacted\"}");
    }
    char page[512];
    ck_assert(nth == 4 || !strstr(body, "\"revision\""));
    snprintf(page, sizeof page,
             "{\"header\":{\"cluster_id\":\"7\",\"revision\":\"%d\"},\"kvs\":[{\"key\":\"%s\",\"mod_"
             "revision\":\"9\"}]%s}",
             nth == 1 ? 20 : 30,
             key_of(nth == 1   ? "gone"
                    : nth == 3 ? "a"
                               : "b"),
             nth == 4 ? "" : ",\"more\":true");
    return fake_answer(fd, 200, page);
}

START_TEST(a_list_compacted_under_way_begins_again)
{
    run(list_compacted_under_way, count_never, NULL);
    mirror_wait(&mirror, mirror.full == 1);
    mirror_wait(&mirror, mirror.revision == 30 && mirror_count(&mirror) == 2 &&
                             mirror_has(&mirror, "traefik/gone", NULL));
    finish();
}
END_TEST

/* Pages that no etcd gives: nothing of them may be handed over. */
static const char *const bad_pages[] = {
    "{" FAKE_HEADER("10") ",\"more\":true}", /* more of nothing, for ever */
    "{" FAKE_HEADER("10") ",\"kvs\":[{\"key\":\"dHJhZWZpay9i\",\"mod_revision\":\"9\"},{\"key\":"
                          "\"dHJhZWZpay9h\",\"mod_revision\":\"9\"}]}",
    "{" FAKE_HEADER("10") ",\"kvs\":[{\"key\":\"dHJhZWZpay9h\",\"mod_revision\":\"9\"},{\"key\":"
                          "\"dHJhZWZpay9h\",\"mod_revision\":\"9\"}]}",
    "{" FAKE_HEADER(
        "10") ",\"kvs\":[{\"key\":\"b3RoZXI=\",\"mod_revision\":\"9\"}]}", /* not below the root */
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
    ck_assert(reconnects() == 0 && watch_state(watch) == ETCD_WATCHING);
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
    return fake_answer(
        fd, 400,
        "{\"code\":3,\"message\":\"etcdserver: authentication failed, invalid user ID or password\"}");
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
    run_as("joe", &(struct fake){ .on_count = count_for_users,
                                  .on_watch = watch_with_a_break,
                                  .on_authenticate = authenticate_well });
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
    run_as("joe", &(struct fake){ .on_count = count_for_users,
                                  .on_watch = watch_with_a_break,
                                  .on_authenticate = authenticate_badly });
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

/* A fresh token that is refused too must not make us ask at full speed: each asking costs etcd 60 ms of
 * bcrypt. */
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
        ck_assert_msg(strstr(line, "warn") && strstr(line, "127.0.0.1:1") &&
                          strstr(line, "--providers.etcd.endpoints"),
                      "%s", line);
    }
    ck_assert_int_eq(lines, 1);
    fclose(f);
    unlink(path);
    mirror_fini(&mirror);
}
END_TEST

int main(void)
{
    return run_suite("etcd upkeep", (const struct test_row[]){
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
