/* HAProxy from its start to its end. */
#include "haproxy/process.h"

#include "processes.h"
#include "suite.h"

START_TEST(it_starts_serves_and_stops_without_a_trace)
{
    struct stage stage;
    open_stage(&stage);
    ck_assert(haproxy_is_ours(stage.haproxy) && !haproxy_was_adopted(stage.haproxy));
    ck_assert(haproxy_is_running(stage.haproxy));
    ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200);
    ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_RUNNING);
    int worker = haproxy_worker_pid(stage.haproxy), master = master_of(&stage);
    ck_assert(is_alive(worker) && is_alive(master));
    ck_assert_int_eq(getpgid(worker), master);
    ck_assert_int_ne(getpgid(worker), getpgrp()); /* Ctrl-C is for the daemon alone */
    ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "again: %s", stage.error);
    ck_assert_int_eq(haproxy_worker_pid(stage.haproxy), worker);
    haproxy_stop(stage.haproxy, 2000);
    ck_assert(dies(worker) && dies(master));
    ck_assert(!has_children());
    ck_assert_int_eq(processes_in(&stage), 0);
    ck_assert(!exists(&stage, "haproxy.sock") && !exists(&stage, "master.sock") &&
              !exists(&stage, "haproxy.pid"));
    ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_GONE);
    haproxy_stop(stage.haproxy, 2000);
    stage_close(&stage);
}
END_TEST

START_TEST(it_starts_again_after_a_stop)
{
    struct stage stage;
    open_stage(&stage);
    for (int i = 0; i < 3; i++) {
        haproxy_stop(stage.haproxy, i * 100);
        ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
        ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200);
    }
    stage_close(&stage);
}
END_TEST

static const struct {
    const char *binary, *script, *message;
} bad_binaries[] = {
    { "/nonexistent/haproxy", NULL, "there is no program /nonexistent/haproxy: correct --haproxy.binary" },
    { "no-such-haproxy", NULL, "there is no program no-such-haproxy: correct --haproxy.binary" },
    { "/", NULL, "there is no program /: correct --haproxy.binary" },
    { NULL, "echo 'HA-Proxy version 2.4.22 2023/02/14 - https://haproxy.org/'",
      "is HAProxy 2.4: 2.6 or newer is needed" },
    { NULL, "echo 'HA-Proxy version 1.8.4'", "is HAProxy 1.8: 2.6 or newer is needed" },
    { NULL, "echo hello", "-v does not answer like HAProxy" },
    { NULL, "echo 'HAProxy version 2.6.1'; exit 1", "-v does not answer like HAProxy" },
};

START_TEST(a_binary_that_will_not_do_is_named)
{
    struct stage stage;
    char path[96], script[200];
    stage_prepare(&stage, "");
    snprintf(path, sizeof path, "%s/fake", stage.folder);
    if (bad_binaries[_i].script) {
        snprintf(script, sizeof script, "#!/bin/sh\n%s\n", bad_binaries[_i].script);
        ck_assert(file_write(path, str_c(script), 0755, false));
    }
    struct haproxy_options options = { bad_binaries[_i].binary ? bad_binaries[_i].binary : path, stage.folder,
                                       NULL, NULL };
    ck_assert_ptr_null(haproxy_create(&options, NULL, stage.error));
    ck_assert_msg(strstr(stage.error, bad_binaries[_i].message) != NULL, "%s", stage.error);
    stage_close(&stage);
}
END_TEST

START_TEST(without_a_haproxy_on_path_the_remedy_is_named)
{
    struct stage stage;
    stage_prepare(&stage, "");
    const char *path = getenv("PATH");
    char *kept = strdup(path);
    setenv("PATH", stage.folder, 1);
    struct haproxy_options options = { NULL, stage.folder, NULL, NULL };
    ck_assert_ptr_null(haproxy_create(&options, NULL, stage.error));
    setenv("PATH", kept, 1);
    free(kept);
    ck_assert_str_eq(stage.error,
                     "there is no haproxy on PATH: install it, or name it with --haproxy.binary");
    stage_close(&stage);
}
END_TEST

START_TEST(options_that_cannot_work_are_refused)
{
    char error[512];
    struct haproxy_options half = { NULL, "/tmp", "/tmp/m.sock", NULL };
    ck_assert_ptr_null(haproxy_create(&half, NULL, error));
    ck_assert_ptr_nonnull(strstr(error, "belong together"));
    struct haproxy_options comma = { getenv("MAITRED_TEST_HAPROXY"), "/tmp/a,b", NULL, NULL };
    ck_assert_ptr_null(haproxy_create(&comma, NULL, error));
    ck_assert_ptr_nonnull(strstr(error, "comma"));
    struct haproxy_options deep = {
        getenv("MAITRED_TEST_HAPROXY"),
        "/tmp/a-folder-whose-name-is-so-long-that-no-socket-fits-in-it-because-unix-sockets-are-short", NULL,
        NULL
    };
    ck_assert_ptr_null(haproxy_create(&deep, NULL, error));
    ck_assert_ptr_nonnull(strstr(error, "choose a shorter folder"));
}
END_TEST

static enum haproxy_check await_check(struct stage *stage)
{
    enum haproxy_check check = CHECK_RUNS;
    for (int i = 0; i < 1000 && (check = haproxy_check_look(stage->haproxy, stage->error)) == CHECK_RUNS; i++)
        stage_pause(10);
    return check;
}

START_TEST(files_are_checked_beside_everything_else)
{
    struct stage stage;
    open_stage(&stage);
    int worker = haproxy_worker_pid(stage.haproxy);
    ck_assert_msg(haproxy_check_begin(stage.haproxy, stage.error), "%s", stage.error);
    ck_assert_msg(await_check(&stage) == CHECK_GOOD, "%s", stage.error);
    stage_fill(&stage, "backends.cfg", "    bogus word\n");
    ck_assert(haproxy_check_begin(stage.haproxy, stage.error));
    ck_assert_int_eq(await_check(&stage), CHECK_BAD);
    ck_assert_msg(strstr(stage.error, "unknown keyword 'bogus'") != NULL, "%s", stage.error);
    for (int i = 0; i < 3; i++) /* each gives up the one before, and the last is given up with the rest */
        ck_assert(haproxy_check_begin(stage.haproxy, stage.error));
    ck_assert_int_eq(haproxy_worker_pid(stage.haproxy), worker);
    ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200);
    haproxy_check_give_up(stage.haproxy);
    haproxy_stop(stage.haproxy, 2000);
    ck_assert(!has_children());
    stage_close(&stage);
}
END_TEST

START_TEST(a_port_in_use_is_named_with_its_remedy)
{
    struct stage stage;
    char address[128];
    stage_prepare(&stage, "");
    int holder = stage_listen(&stage.port);
    stage_fill(&stage, "haproxy.cfg", "");
    stage.haproxy = stage_create(&stage);
    ck_assert(!haproxy_start(stage.haproxy, stage.error));
    snprintf(address, sizeof address,
             "cannot listen on 127.0.0.1:%d (Address already in use): another process", stage.port);
    ck_assert_msg(strstr(stage.error, address) != NULL, "%s", stage.error);
    ck_assert_int_eq(processes_in(&stage), 0);
    ck_assert(!has_children());
    close(holder);
    ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
    stage_close(&stage);
}
END_TEST

START_TEST(a_bad_configuration_is_told_and_leaves_nothing_behind)
{
    struct stage stage;
    stage_prepare(&stage, "    bogus word\n");
    stage.haproxy = stage_create(&stage);
    ck_assert(!haproxy_check(stage.haproxy, stage.error));
    ck_assert_msg(strstr(stage.error, "unknown keyword 'bogus'") != NULL, "%s", stage.error);
    ck_assert(!haproxy_start(stage.haproxy, stage.error));
    ck_assert_msg(strstr(stage.error, "HAProxy did not start: ") == stage.error, "%s", stage.error);
    ck_assert_msg(strstr(stage.error, "unknown keyword 'bogus'") != NULL, "%s", stage.error);
    ck_assert_int_eq(processes_in(&stage), 0);
    ck_assert(!has_children());
    stage_fill(&stage, "backends.cfg", "");
    ck_assert_msg(haproxy_check(stage.haproxy, stage.error), "%s", stage.error);
    ck_assert_str_eq(stage.error, "");
    ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
    stage_close(&stage);
}
END_TEST

/* Which process dies by what, and how it is noticed. */
static const bool kill_worker[] = { true, false };

START_TEST(a_death_is_noticed_and_mended)
{
    struct stage stage;
    open_stage(&stage);
    for (int i = 0; i < 2; i++) {
        int worker = haproxy_worker_pid(stage.haproxy), master = master_of(&stage);
        struct pollfd end = { .fd = haproxy_exit_fd(stage.haproxy), .events = POLLIN };
        ck_assert_int_eq(poll(&end, 1, 0), 0);
        ck_assert_int_eq(kill(kill_worker[_i] ? worker : master, SIGKILL), 0);
        ck_assert_int_eq(poll(&end, 1, 10000), 1); /* an event loop sees it without asking */
        expect_condition(&stage, HAPROXY_GONE);
        ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_GONE);
        ck_assert(dies(worker) && dies(master));
        ck_assert(!has_children());
        ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
        ck_assert(!haproxy_was_adopted(stage.haproxy));
        ck_assert_int_ne(haproxy_worker_pid(stage.haproxy), worker);
        ck_assert_int_eq(stage_get(&stage, "x", "/ok"), 200);
        ck_assert_int_eq(haproxy_poll(stage.haproxy), HAPROXY_RUNNING);
    }
    stage_close(&stage);
}
END_TEST

START_TEST(a_soft_stop_lets_a_request_end)
{
    struct stage stage;
    int port, status;
    open_stage(&stage);
    int upstream = stage_listen(&port);
    char command[128];
    struct buf answer = { 0 };
    snprintf(command, sizeof command, "add server beta/n1 127.0.0.1:%d; enable server beta/n1", port);
    stage_ask(&stage, command, &answer);
    buf_fini(&answer);
    int client = stage_request(&stage, "b.test", "/");
    int fd = accept(upstream, NULL, NULL);
    pid_t helper = fork();
    if (helper == 0) {
        stage_pause(300);
        _exit(send(fd, "HTTP/1.0 203 ok\r\n\r\n", 19, MSG_NOSIGNAL) == 19 ? 0 : 1);
    }
    close(fd);
    haproxy_stop(stage.haproxy, 10000);
    ck_assert_int_eq(stage_status(client), 203);
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(processes_in(&stage), 0);
    close(upstream);
    stage_close(&stage);
}
END_TEST

START_TEST(a_request_that_never_ends_does_not_keep_it)
{
    struct stage stage;
    open_stage(&stage);
    int client = stage_connect(stage.port);
    ck_assert_int_gt(send(client, "GET /ok", 7, 0), 0);
    stage_pause(50);
    int64_t before = clock_monotonic_ns();
    haproxy_stop(stage.haproxy, 300);
    int64_t ms = (clock_monotonic_ns() - before) / 1000000;
    ck_assert_int_ge(ms, 299);
    ck_assert_int_lt(ms, 5000);
    ck_assert_int_eq(processes_in(&stage), 0);
    ck_assert(!has_children());
    close(client);
    stage_close(&stage);
}
END_TEST

START_TEST(a_hanging_master_is_killed)
{
    struct stage stage;
    open_stage(&stage);
    int worker = haproxy_worker_pid(stage.haproxy);
    ck_assert_int_eq(kill(master_of(&stage), SIGSTOP), 0);
    haproxy_stop(stage.haproxy, 50);
    ck_assert(dies(worker));
    ck_assert_int_eq(processes_in(&stage), 0);
    ck_assert(!has_children());
    stage_close(&stage);
}
END_TEST

/* What it says goes to the log, and never keeps it waiting: each server makes two lines, a pipe holds 64 kB.
 */
START_TEST(its_words_go_to_the_log_however_many)
{
    enum { SERVERS = 1500 };
    struct stage stage;
    char path[96];
    stage_prepare(&stage, "");
    snprintf(path, sizeof path, "%s/log", stage.folder);
    struct log *log = log_open(path, LOG_LINE_DEBUG, false);
    struct haproxy_options options = stage_options(&stage);
    stage.haproxy = haproxy_create(&options, log, stage.error);
    ck_assert_msg(haproxy_start(stage.haproxy, stage.error), "%s", stage.error);
    struct buf answer = { 0 }, command = { 0 };
    for (int i = 0; i < SERVERS; i += 100) {
        buf_reset(&command);
        for (int k = i; k < i + 100; k++)
            buf_printf(&command,
                       "add server beta/a-server-with-a-longer-name-%d 127.0.0.1:9;enable server "
                       "beta/a-server-with-a-longer-name-%d;",
                       k, k);
        buf_putc(&command, '\n');
        stage_ask(&stage, command.p, &answer);
    }
    haproxy_stop(stage.haproxy, 0);
    buf_reset(&answer);
    ck_assert(file_read(path, 0, &answer));
    ck_assert_ptr_nonnull(strstr(answer.p, "beta/a-server-with-a-longer-name-1499"));
    ck_assert_ptr_nonnull(strstr(answer.p, "info  haproxy: HAProxy "));
    ck_assert_uint_gt(answer.n, 2 * 65536);
    buf_fini(&answer);
    buf_fini(&command);
    log_close(log);
    stage_close(&stage);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { it_starts_serves_and_stops_without_a_trace, 0 },
        { it_starts_again_after_a_stop, 0 },
        { a_binary_that_will_not_do_is_named, ROWS(bad_binaries) },
        { without_a_haproxy_on_path_the_remedy_is_named, 0 },
        { options_that_cannot_work_are_refused, 0 },
        { files_are_checked_beside_everything_else, 0 },
        { a_port_in_use_is_named_with_its_remedy, 0 },
        { a_bad_configuration_is_told_and_leaves_nothing_behind, 0 },
        { a_death_is_noticed_and_mended, ROWS(kill_worker) },
        { a_soft_stop_lets_a_request_end, 0 },
        { a_request_that_never_ends_does_not_keep_it, 0 },
        { a_hanging_master_is_killed, 0 },
        { its_words_go_to_the_log_however_many, 0 },
        { NULL, 0 },
    };
    return run_suite("process", rows);
}
