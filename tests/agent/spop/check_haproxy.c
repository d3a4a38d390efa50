/* The agent behind a real HAProxy: the one on PATH, or what HAPROXY names. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "spop/server.h"
#include "suite.h"
#include "sys/clock.h"

#define LIMIT(bucket, average, period, burst, source)                                                        \
    "{\"op\":\"rateLimit\",\"bucket\":\"" bucket "\",\"average\":" #average ",\"period\":" #period           \
    ",\"burst\":" #burst ",\"source\":{" source "}}"
#define POLICY(programs) "{\"version\":1,\"programs\":{" programs "}}"
#define FREE             "\"free\":{\"ops\":[]}"
#define TIGHT            "\"tight\":{\"ops\":[" LIMIT("t", 1, 60000000000, 2, "\"kind\":\"ip\"") "]}"
#define SLOW             "\"slow\":{\"ops\":[" LIMIT("s", 5, 2000000000, 1, "\"kind\":\"ip\"") "]}"
#define KEYED                                                                                                \
    "\"keyed\":{\"ops\":[" LIMIT("k", 1, 60000000000, 1, "\"kind\":\"header\",\"name\":\"x-key\"") "]}"
#define HOSTS "\"hosts\":{\"ops\":[" LIMIT("h", 1, 60000000000, 1, "\"kind\":\"host\"") "]}"

/* An agent of two workers, an HAProxy in front of it. */
struct desk {
    char folder[64];
    struct agent *agent;
    pid_t haproxy;
    in_port_t port; /* network order */
};

static void start_agent(struct desk *desk, const char *policy)
{
    char error[256] = "";
    struct agent_options options = { .folder = desk->folder, .workers = 2, .buckets = 1024 };
    desk->agent = agent_start(&options, NULL, error);
    ck_assert_msg(desk->agent != NULL, "%s", error);
    struct program_set *set = program_set_parse(str_c(policy), error);
    ck_assert_msg(set != NULL, "%s", error);
    agent_publish(desk->agent, set);
}

/* A listening socket on a free port, which HAProxy inherits. */
static int listen_anywhere(struct desk *desk)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 128), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    desk->port = address.sin_port;
    return fd;
}

static void start_haproxy(struct desk *desk)
{
    const char *program = getenv("MAITRED_TEST_HAPROXY") ? getenv("MAITRED_TEST_HAPROXY") : "haproxy";
    char listener[16];
    int fd = listen_anywhere(desk);
    snprintf(listener, sizeof listener, "%d", fd);
    desk->haproxy = fork();
    if (desk->haproxy == 0) {
        setenv("TEST_LISTENER", listener, 1);
        setenv("TEST_SOCKETS", desk->folder, 1);
        setenv("TEST_DATA", TESTDATA "/spop", 1);
        unsetenv("NOTIFY_SOCKET");
        execlp(program, program, "-db", "-q", "-f", TESTDATA "/spop/haproxy.cfg", (char *)NULL);
        fprintf(stderr, "%s: %s\n", program, strerror(errno));
        _exit(127);
    }
    close(fd);
}

static void desk_open(struct desk *desk, const char *policy)
{
    strcpy(desk->folder, "/tmp/check_haproxy.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(desk->folder));
    start_agent(desk, policy);
    start_haproxy(desk);
}

static void desk_close(struct desk *desk)
{
    int status;
    kill(desk->haproxy, SIGTERM);
    kill(desk->haproxy, SIGKILL); /* keep-alive connections would hold up a soft stop */
    waitpid(desk->haproxy, &status, 0);
    agent_stop(desk->agent);
    ck_assert_int_eq(rmdir(desk->folder), 0);
}

/* The whole response to a GET with these extra headers ("X-Prog: a\r\n"). */
static struct buf get(struct desk *desk, const char *headers)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = desk->port };
    struct timeval limit = { .tv_sec = 60 };
    struct buf request = { 0 }, response = { 0 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    buf_printf(&request, "GET /path HTTP/1.1\r\nConnection: close\r\n%s\r\n", headers);
    ck_assert_int_eq(send(fd, request.p, request.n, MSG_NOSIGNAL), (ssize_t)request.n);
    char chunk[4096];
    for (ssize_t n; (n = recv(fd, chunk, sizeof chunk, 0)) != 0;) {
        ck_assert_msg(n > 0, "no response: %s", strerror(errno));
        buf_put(&response, str_of(chunk, (size_t)n));
    }
    close(fd);
    buf_fini(&request);
    return response;
}

static int status_of(const struct buf *response)
{
    return response->n > 12 ? atoi(response->p + 9) : 0;
}

static int get_status(struct desk *desk, const char *headers)
{
    struct buf response = get(desk, headers);
    int status = status_of(&response);
    buf_fini(&response);
    return status;
}

static void check_has(const struct buf *response, const char *text)
{
    ck_assert_msg(str_search(buf_str(response), str_c(text)) != SIZE_MAX, "no \"%s\" in:\n%s", text,
                  response->p);
}

#define LEAN(program) "Host: a\r\nX-Prog: " program "\r\n"
#define FULL(program) "X-Full: 1\r\nX-Prog: " program "\r\n"

START_TEST(a_program_lets_requests_pass)
{
    struct desk desk;
    desk_open(&desk, POLICY(FREE));
    struct buf lean = get(&desk, LEAN("free")), full = get(&desk, FULL("free") "Host: a\r\n");
    ck_assert_int_eq(status_of(&lean), 200);
    check_has(&lean, "\r\n\r\nfree");
    ck_assert_int_eq(status_of(&full), 200);
    buf_fini(&lean);
    buf_fini(&full);
    desk_close(&desk);
}
END_TEST

START_TEST(too_many_requests_are_429)
{
    struct desk desk;
    desk_open(&desk, POLICY(TIGHT));
    ck_assert_int_eq(get_status(&desk, LEAN("tight")), 200);
    ck_assert_int_eq(get_status(&desk, LEAN("tight")), 200);
    for (int i = 0; i < 10; i++) {
        struct buf refused = get(&desk, LEAN("tight"));
        ck_assert_int_eq(status_of(&refused), 429);
        check_has(&refused, "x-verdict: no:tight\r\n");
        check_has(&refused, "retry-after: ");
        check_has(&refused, "x-retry-in: ");
        check_has(&refused, "\r\n\r\nToo Many Requests");
        buf_fini(&refused);
    }
    desk_close(&desk);
}
END_TEST

START_TEST(headers_and_hosts_are_sources)
{
    struct desk desk;
    desk_open(&desk, POLICY(KEYED "," HOSTS));
    const char *one = FULL("keyed") "Host: a\r\nX-Key: one\r\n",
               *two = FULL("keyed") "Host: a\r\nX-KEY: two\r\n";
    ck_assert_int_eq(get_status(&desk, one), 200);
    ck_assert_int_eq(get_status(&desk, two), 200);
    ck_assert_int_eq(get_status(&desk, one), 429);
    ck_assert_int_eq(get_status(&desk, two), 429);
    ck_assert_int_eq(get_status(&desk, FULL("hosts") "Host: a.example:81\r\n"), 200);
    ck_assert_int_eq(get_status(&desk, FULL("hosts") "Host: a.example\r\n"), 200);
    ck_assert_int_eq(get_status(&desk, FULL("hosts") "Host: a.example\r\n"), 429);
    desk_close(&desk);
}
END_TEST

START_TEST(a_request_may_sleep_for_its_token)
{
    struct desk desk;
    struct agent_stats stats;
    desk_open(&desk, POLICY(SLOW));
    ck_assert_int_eq(get_status(&desk, LEAN("slow")), 200);
    int64_t start = clock_monotonic_ns();
    while (get_status(&desk, LEAN("slow")) != 200)
        usleep(1000);
    ck_assert_int_ge(clock_monotonic_ns() - start, 300000000); /* a token takes 400 ms, asleep or refused */
    agent_stats(desk.agent, &stats);
    ck_assert_uint_ge(stats.delayed, 1);
    desk_close(&desk);
}
END_TEST

START_TEST(an_unknown_program_is_no_pass)
{
    struct desk desk;
    desk_open(&desk, POLICY(FREE));
    struct buf response = get(&desk, LEAN("other"));
    ck_assert_int_eq(status_of(&response), 500);
    check_has(&response, "\r\n\r\nunknown");
    ck_assert_int_eq(get_status(&desk, "Host: a\r\n"), 500); /* no program at all */
    buf_fini(&response);
    desk_close(&desk);
}
END_TEST

START_TEST(health_checks_are_answered)
{
    struct desk desk;
    struct agent_stats stats;
    desk_open(&desk, POLICY(FREE));
    do {
        usleep(10000);
        agent_stats(desk.agent, &stats);
    } while (stats.connections < 10); /* of checks only: there was no request */
    ck_assert_uint_eq(stats.broken_frames, 0);
    ck_assert_uint_eq(stats.passed, 0);
    ck_assert_int_eq(get_status(&desk, LEAN("free")), 200);
    desk_close(&desk);
}
END_TEST

struct load {
    struct desk *desk;
    _Atomic bool stop;
    _Atomic int good, bad;
};

static void *request_on(void *context)
{
    struct load *load = context;
    while (!load->stop) {
        bool good = get_status(load->desk, LEAN("free")) == 200;
        atomic_fetch_add(good ? &load->good : &load->bad, 1);
    }
    return NULL;
}

START_TEST(programs_change_under_load)
{
    struct desk desk;
    pthread_t threads[4];
    desk_open(&desk, POLICY(FREE));
    struct load load = { .desk = &desk };
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, request_on, &load), 0);
    for (int i = 0; i < 200 || load.good < 200; i++) {
        char error[256];
        agent_publish(desk.agent,
                      program_set_parse(i % 2 ? STR(POLICY(FREE)) : STR(POLICY(TIGHT "," FREE)), error));
        usleep(2000);
    }
    load.stop = true;
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(load.bad, 0);
    desk_close(&desk);
}
END_TEST

START_TEST(without_an_agent_there_is_no_verdict)
{
    struct desk desk;
    desk_open(&desk, POLICY(FREE));
    ck_assert_int_eq(get_status(&desk, LEAN("free")), 200);
    agent_stop(desk.agent);
    ck_assert_int_eq(get_status(&desk, LEAN("free")), 503);
    ck_assert_int_eq(get_status(&desk, LEAN("free")), 503);
    start_agent(&desk, POLICY(FREE));
    while (get_status(&desk, LEAN("free")) != 200)
        usleep(10000);
    desk_close(&desk);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { a_program_lets_requests_pass, 0 },
        { too_many_requests_are_429, 0 },
        { headers_and_hosts_are_sources, 0 },
        { a_request_may_sleep_for_its_token, 0 },
        { an_unknown_program_is_no_pass, 0 },
        { health_checks_are_answered, 0 },
        { programs_change_under_load, 0 },
        { without_an_agent_there_is_no_verdict, 0 },
        { NULL, 0 },
    };
    return run_suite("haproxy", tests);
}
