/* Reloads, orphans, and HAProxies that are not ours. */
#include "haproxy/process.h"

#include "processes.h"
#include "suite.h"

START_TEST(a_reload_brings_the_new_configuration_and_keeps_serving)
{
    struct stage stage;
    open_stage(&stage);
    for (int i = 0; i < 5; i++) {
        char name[32], more[96];
        int worker = haproxy_worker_pid(stage.haproxy);
        snprintf(name, sizeof name, "more-%d", i);
        snprintf(more, sizeof more, "backend %s\n    balance roundrobin\n", name);
        stage_fill(&stage, "backends.cfg", more);
        int open = stage_connect(stage.port); /* stays with the old worker */
        ck_assert_msg(haproxy_reload(stage.haproxy, stage.error), "%s", stage.error);
        ck_assert_int_ne(haproxy_worker_pid(stage.haproxy), worker);
        ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_RUNNING);
        struct buf answer = { 0 };
        ck_assert_ptr_nonnull(strstr(stage_ask(&stage, "show backend", &answer), name));
        buf_fini(&answer);
        ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200);
        const char *request = "GET /ok HTTP/1.0\r\n\r\n";
        ck_assert_int_gt(send(open, request, strlen(request), MSG_NOSIGNAL), 0);
        ck_assert_int_eq(stage_status(open), 200);
        ck_assert(dies(worker));
    }
    stage_close(&stage);
}
END_TEST

START_TEST(a_refused_reload_tells_why_and_changes_nothing)
{
    struct stage stage;
    open_stage(&stage);
    int worker = haproxy_worker_pid(stage.haproxy);
    for (int i = 0; i < 2; i++) {
        stage_fill(&stage, "backends.cfg", "    bogus word\n");
        ck_assert(!haproxy_reload(stage.haproxy, stage.error));
        ck_assert_msg(strstr(stage.error, "unknown keyword 'bogus'") != NULL, "%s", stage.error);
        ck_assert_int_eq(haproxy_worker_pid(stage.haproxy), worker);
        ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200);
        stage_pause(1100); /* so that the next poll asks the worker */
        ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_RUNNING);
    }
    int holder = stage_listen(&stage.port);
    stage_fill(&stage, "backends.cfg", "");
    stage_fill(&stage, "haproxy.cfg", "");
    ck_assert(!haproxy_reload(stage.haproxy, stage.error));
    ck_assert_msg(strstr(stage.error, "cannot listen on 127.0.0.1:") != NULL, "%s", stage.error);
    close(holder);
    ck_assert_msg(haproxy_reload(stage.haproxy, stage.error), "%s", stage.error);
    ck_assert_int_ne(haproxy_worker_pid(stage.haproxy), worker);
    stage_close(&stage);
}
END_TEST

START_TEST(a_reload_by_another_hand_is_noticed_once)
{
    struct stage stage;
    open_stage(&stage);
    int worker = haproxy_worker_pid(stage.haproxy);
    ck_assert_int_eq(kill(master_of(&stage), SIGUSR2), 0);
    expect_condition(&stage, HAPROXY_NEW_WORKER);
    ck_assert_int_ne(haproxy_worker_pid(stage.haproxy), worker);
    ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_RUNNING);
    stage_pause(1100);
    ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_RUNNING);
    stage_close(&stage);
}
END_TEST

START_TEST(an_orphan_is_taken_over)
{
    struct stage stage;
    open_stage(&stage);
    int worker = haproxy_worker_pid(stage.haproxy), master = master_of(&stage);
    haproxy_destroy(stage.haproxy); /* a daemon that died */
    ck_assert(is_alive(worker));
    stage.haproxy = stage_create(&stage);
    ck_assert(haproxy_is_running(stage.haproxy));
    ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
    ck_assert(haproxy_was_adopted(stage.haproxy));
    ck_assert_int_eq(haproxy_worker_pid(stage.haproxy), worker);
    ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_RUNNING);
    stage_fill(&stage, "backends.cfg", "    bogus word\n");
    ck_assert(!haproxy_reload(stage.haproxy, stage.error));
    ck_assert_msg(strstr(stage.error, "unknown keyword 'bogus'") != NULL, "%s", stage.error);
    stage_fill(&stage, "backends.cfg", "");
    ck_assert_msg(haproxy_reload(stage.haproxy, stage.error), "%s", stage.error);
    ck_assert_int_ne(haproxy_worker_pid(stage.haproxy), worker);
    ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200);
    worker = haproxy_worker_pid(stage.haproxy);
    haproxy_stop(stage.haproxy, 2000);
    ck_assert(dies(master) && dies(worker));
    while (waitpid(-1, NULL, WNOHANG) > 0) /* it is still this test's child */
        ;
    ck_assert(!exists(&stage, "master.sock"));
    stage_close(&stage);
}
END_TEST

START_TEST(an_orphan_that_dies_is_noticed)
{
    struct stage stage;
    open_stage(&stage);
    haproxy_destroy(stage.haproxy);
    stage.haproxy = stage_create(&stage);
    ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
    int master = master_of(&stage);
    ck_assert_int_eq(kill(haproxy_worker_pid(stage.haproxy), SIGKILL), 0);
    ck_assert_int_eq(waitpid(master, NULL, 0), master);
    expect_condition(&stage, HAPROXY_GONE);
    ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
    ck_assert(!haproxy_was_adopted(stage.haproxy));
    ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200);
    stage_close(&stage);
}
END_TEST

START_TEST(somebody_elses_haproxy_is_driven_through_its_sockets)
{
    struct stage stage;
    open_stage(&stage);
    struct haproxy_options options = { NULL, stage.folder, stage.master_path, stage.runtime_path };
    struct haproxy *guest = haproxy_create(&options, NULL, stage.error);
    ck_assert_msg(guest != NULL, "%s", stage.error);
    ck_assert(!haproxy_is_ours(guest));
    ck_assert_msg(haproxy_start(guest, stage.error), "%s", stage.error);
    ck_assert(!haproxy_was_adopted(guest));
    ck_assert_int_eq(haproxy_poll(guest), HAPROXY_RUNNING);
    struct haproxy_version version;
    haproxy_version(guest, &version);
    ck_assert_int_ge(version.major, 2);
    int worker = haproxy_worker_pid(guest);
    ck_assert_int_eq(worker, haproxy_worker_pid(stage.haproxy));
    ck_assert_msg(haproxy_reload(guest, stage.error), "%s", stage.error);
    ck_assert_int_ne(haproxy_worker_pid(guest), worker);
    stage_fill(&stage, "backends.cfg", "    bogus word\n");
    ck_assert(haproxy_check(guest, stage.error));
    ck_assert(!haproxy_reload(guest, stage.error));
    ck_assert_msg(strstr(stage.error, "HAProxy refused the reload: ") == stage.error, "%s", stage.error);
    haproxy_stop(guest, 0);
    ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200); /* not ours to stop */

    /* Its container starts anew. */
    haproxy_stop(stage.haproxy, 0);
    for (int i = 0; i < 300 && haproxy_poll(guest) != HAPROXY_GONE; i++)
        stage_pause(10);
    ck_assert_int_eq(haproxy_poll(guest), HAPROXY_GONE);
    stage_fill(&stage, "backends.cfg", "");
    ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
    enum haproxy_condition condition = HAPROXY_GONE;
    for (int i = 0; i < 300 && (condition = haproxy_poll(guest)) == HAPROXY_GONE; i++)
        stage_pause(10);
    ck_assert_int_eq(condition, HAPROXY_NEW_WORKER);
    ck_assert_int_eq(haproxy_poll(guest), HAPROXY_RUNNING);
    haproxy_destroy(guest);
    stage_close(&stage);
}
END_TEST

START_TEST(nobody_elses_haproxy_is_told)
{
    struct stage stage;
    stage_prepare(&stage, "");
    struct haproxy_options options = { NULL, stage.folder, stage.master_path, stage.runtime_path };
    struct haproxy *guest = haproxy_create(&options, NULL, stage.error);
    ck_assert_int_eq(haproxy_poll(guest), HAPROXY_GONE);
    ck_assert(!haproxy_start(guest, stage.error));
    ck_assert_ptr_nonnull(strstr(stage.error, stage.runtime_path));
    ck_assert(!haproxy_reload(guest, stage.error));
    ck_assert_ptr_nonnull(strstr(stage.error, stage.master_path));
    haproxy_destroy(guest);
    stage_close(&stage);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_reload_brings_the_new_configuration_and_keeps_serving, 0 },
        { a_refused_reload_tells_why_and_changes_nothing, 0 },
        { a_reload_by_another_hand_is_noticed_once, 0 },
        { an_orphan_is_taken_over, 0 },
        { an_orphan_that_dies_is_noticed, 0 },
        { somebody_elses_haproxy_is_driven_through_its_sockets, 0 },
        { nobody_elses_haproxy_is_told, 0 },
        { NULL, 0 },
    };
    return run_suite("reload", rows);
}
