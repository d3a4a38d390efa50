/* Buckets in a real Redis: redis-server on PATH, on a free port. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/redis.h"
#include "suite.h"
#include "sys/clock.h"

#define SECOND INT64_C(1000000000)
#define MS     INT64_C(1000000)

/* A loop with links, and a server. */
struct desk {
    uv_loop_t loop;
    struct redis_links *links;
    pid_t server;
    int port;
};

static int free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    close(fd);
    return ntohs(address.sin_port);
}

static void start_server(struct desk *desk, const char *password)
{
    char port[16];
    snprintf(port, sizeof port, "%d", desk->port);
    desk->server = fork();
    if (desk->server == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(127);
        execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
               "--requirepass", password, "--appendonly", "no", "--dir", "/tmp", (char *)NULL);
        _exit(127);
    }
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)desk->port) };
    for (int i = 0; i < 500; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool up = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
        close(fd);
        if (up)
            return;
        usleep(10000);
    }
    ck_abort_msg("redis-server does not start");
}

static void stop_server(struct desk *desk)
{
    if (desk->server > 0) {
        kill(desk->server, SIGKILL);
        waitpid(desk->server, NULL, 0);
    }
    desk->server = 0;
}

static void desk_open(struct desk *desk, const char *password)
{
    *desk = (struct desk){ .port = free_port() };
    uv_loop_init(&desk->loop);
    desk->links = redis_links_create(&desk->loop);
    if (password)
        start_server(desk, password);
}

static void desk_close(struct desk *desk)
{
    stop_server(desk);
    redis_links_stop(desk->links);
    uv_run(&desk->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&desk->loop), 0);
    redis_links_destroy(desk->links);
}

static struct redis_target target_of(const struct desk *desk, const char *password)
{
    struct redis_target target = { .host = STR("127.0.0.1"),
                                   .port = desk->port,
                                   .db = 3,
                                   .password = str_c(password),
                                   .dial_ns = 2 * SECOND,
                                   .read_ns = SECOND / 2 };
    redis_target_seal(&target);
    return target;
}

struct take {
    struct redis_call call;
    bool over;
};

static void finish(struct redis_call *call)
{
    ((struct take *)(void *)call)->over = true;
}

static void begin(struct desk *desk, const struct redis_target *target, const struct limit *limit,
                  const char *key, struct take *take)
{
    *take = (struct take){ { .target = target, .limit = limit, .key = str_c(key), .finish = finish }, false };
    redis_take(desk->links, &take->call);
}

static struct take take(struct desk *desk, const struct redis_target *target, const struct limit *limit,
                        const char *key)
{
    struct take take;
    begin(desk, target, limit, key, &take);
    while (!take.over)
        uv_run(&desk->loop, UV_RUN_ONCE);
    return take;
}

static const struct limit low = { 1, 10 * SECOND, 3 };

START_TEST(a_burst_passes_and_then_it_is_told_when)
{
    struct desk desk;
    desk_open(&desk, "");
    struct redis_target target = target_of(&desk, "");
    for (int i = 0; i < 3; i++) {
        struct take t = take(&desk, &target, &low, "k");
        ck_assert_msg(!t.call.error, "%s", t.call.error);
        ck_assert_int_eq(t.call.wait_ns, 0);
    }
    struct take t = take(&desk, &target, &low, "k");
    ck_assert_ptr_null(t.call.error);
    ck_assert_int_gt(t.call.wait_ns, 9 * SECOND);
    ck_assert_int_le(t.call.wait_ns, 10 * SECOND);
    t = take(&desk, &target, &low, "other");
    ck_assert_int_eq(t.call.wait_ns, 0);
    /* Many at a time: exactly the burst is free, and their questions do not wait for each other. */
    static struct take many[500];
    struct limit wide = { 1, 60 * SECOND, 100 };
    int passed = 0;
    for (int i = 0; i < 500; i++)
        begin(&desk, &target, &wide, "many", &many[i]);
    for (int i = 0; i < 500; i++) {
        while (!many[i].over)
            uv_run(&desk.loop, UV_RUN_ONCE);
        passed += !many[i].call.error && many[i].call.wait_ns == 0;
    }
    ck_assert_int_eq(passed, 100);
    desk_close(&desk);
}
END_TEST

START_TEST(a_password_lets_in_and_a_wrong_one_does_not)
{
    struct desk desk;
    desk_open(&desk, "s3cret");
    struct redis_target right = target_of(&desk, "s3cret"), wrong = target_of(&desk, "other"),
                        none = target_of(&desk, "");
    ck_assert_ptr_null(take(&desk, &right, &low, "k").call.error);
    const char *error = take(&desk, &wrong, &low, "k").call.error;
    ck_assert_ptr_nonnull(error);
    ck_assert_ptr_null(strstr(error, "other"));
    ck_assert_ptr_nonnull(take(&desk, &none, &low, "k").call.error);
    ck_assert_ptr_null(take(&desk, &right, &low, "k").call.error);
    desk_close(&desk);
}
END_TEST

START_TEST(a_server_that_is_gone_is_an_error_until_it_is_back)
{
    struct desk desk;
    desk_open(&desk, "");
    struct redis_target target = target_of(&desk, "");
    ck_assert_ptr_null(take(&desk, &target, &low, "k").call.error);
    stop_server(&desk);
    ck_assert_ptr_nonnull(take(&desk, &target, &low, "k").call.error);
    ck_assert_ptr_nonnull(take(&desk, &target, &low, "k").call.error);
    start_server(&desk, ""); /* it knows the script no more */
    const char *error = "never asked";
    for (int64_t start = clock_monotonic_ns(); error && clock_monotonic_ns() - start < 10 * SECOND;
         usleep(20000))
        error = take(&desk, &target, &low, "k").call.error;
    ck_assert_msg(!error, "%s", error);
    desk_close(&desk);
}
END_TEST

START_TEST(a_stopped_server_is_an_error_in_time)
{
    struct desk desk;
    desk_open(&desk, "");
    struct redis_target target = target_of(&desk, "");
    ck_assert_ptr_null(take(&desk, &target, &low, "k").call.error);
    kill(desk.server, SIGSTOP);
    int64_t start = clock_monotonic_ns();
    ck_assert_str_eq(take(&desk, &target, &low, "k").call.error, "no answer in time");
    ck_assert_int_lt(clock_monotonic_ns() - start, 2 * SECOND);
    desk_close(&desk);
}
END_TEST

START_TEST(nobody_there_and_no_such_name)
{
    struct desk desk;
    desk_open(&desk, NULL);
    struct redis_target target = target_of(&desk, ""), unknown = target;
    unknown.host = STR("no-such-host.invalid");
    redis_target_seal(&unknown);
    ck_assert_str_eq(take(&desk, &target, &low, "k").call.error, "cannot connect");
    ck_assert_ptr_nonnull(take(&desk, &unknown, &low, "k").call.error);
    desk_close(&desk);
}
END_TEST

START_TEST(what_waits_at_the_end_is_told)
{
    struct desk desk;
    struct take t;
    desk_open(&desk, "");
    struct redis_target target = target_of(&desk, "");
    begin(&desk, &target, &low, "k", &t);
    redis_links_stop(desk.links);
    ck_assert(t.over && t.call.error);
    uv_run(&desk.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&desk.loop), 0);
    redis_links_destroy(desk.links);
    stop_server(&desk);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { a_burst_passes_and_then_it_is_told_when, 0 },
                                     { a_password_lets_in_and_a_wrong_one_does_not, 0 },
                                     { a_server_that_is_gone_is_an_error_until_it_is_back, 0 },
                                     { a_stopped_server_is_an_error_in_time, 0 },
                                     { nobody_there_and_no_such_name, 0 },
                                     { what_waits_at_the_end_is_told, 0 },
                                     { 0 } };
    return run_suite("redis", rows);
}
