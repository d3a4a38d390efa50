/* Questions that take time: their answers come later, in whatever order, and nothing waits for them. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "peer.h"
#include "spop/server.h"
#include "sys/clock.h"

/* U*U*U: some 2 ms, and some 50 ms. */
#define QUICK       "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"
#define SLOW        "$2y$10$XXXXXXXXXXXXXXXXXXXXXOm2ySbG3bT55YSmctQbyMyaDO9/2Qzae"
#define BASIC(hash) "{\"op\":\"basicAuth\",\"users\":[\"b:" hash "\"],\"realm\":\"r\",\"header\":\"X-U\"}"
#define RIGHT       "Basic YjpVKlUqVQ=="
#define WRONG       "Basic Yjp3cm9uZw=="

/* An agent in a folder of its own, and a server that says what it thinks of each request. */
struct desk {
    char folder[64];
    struct agent *agent;
    int listener;
    pthread_t server;
    const char *says; /* NULL: nothing, ever */
};

static void *serve(void *context)
{
    struct desk *desk = context;
    char in[4096];
    for (int fd; (fd = accept(desk->listener, NULL, NULL)) >= 0; close(fd))
        if (recv(fd, in, sizeof in, 0) > 0 && desk->says)
            send(fd, desk->says, strlen(desk->says), MSG_NOSIGNAL);
        else
            recv(fd, in, sizeof in, 0); /* until it goes */
    return NULL;
}

static int listen_anywhere(struct desk *desk)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    desk->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(desk->listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(desk->listener, 64), 0);
    getsockname(desk->listener, (struct sockaddr *)&address, &size);
    pthread_create(&desk->server, NULL, serve, desk);
    return ntohs(address.sin_port);
}

static void desk_open(struct desk *desk, const char *says)
{
    char error[256] = "", policy[2048];
    *desk = (struct desk){ .folder = "/tmp/check_held.XXXXXX", .says = says };
    ck_assert_ptr_nonnull(mkdtemp(desk->folder));
    struct agent_options options = { .folder = desk->folder, .workers = 1, .buckets = 64, .hashers = 2 };
    desk->agent = agent_start(&options, NULL, error);
    ck_assert_msg(desk->agent != NULL, "%s", error);
    snprintf(
        policy, sizeof policy,
        "{\"version\":1,\"programs\":{\"free\":{\"ops\":[]},\"quick\":{\"ops\":[" BASIC(
            QUICK) "]},\"slow\":{\"ops\":[" BASIC(SLOW) "]},\"both\":{\"ops\":[" BASIC(QUICK) "," BASIC(SLOW) "]},\"ask\":{\"ops\":[{\"op\":\"forwardAuth\",\"address\":"
                                                                                                              "\"http://127.0.0.1:%d/v\",\"responseHeaders\":[\"X-User\"],\"cookies\":[\"c\"]}]}}}",
        listen_anywhere(desk));
    struct program_set *set = program_set_parse(str_c(policy), error);
    ck_assert_msg(set != NULL, "%s", error);
    agent_publish(desk->agent, set);
}

static void desk_close(struct desk *desk)
{
    agent_stop(desk->agent);
    shutdown(desk->listener, SHUT_RDWR);
    pthread_join(desk->server, NULL);
    close(desk->listener);
    ck_assert_int_eq(rmdir(desk->folder), 0);
}

static void ask(struct peer *peer, uint64_t stream, const char *program, const char *authorization)
{
    unsigned char memory[1024];
    struct writer w = writer_over(memory, sizeof memory);
    struct buf bytes = { 0 };
    size_t start = frame_begin(&w, FRAME_NOTIFY, stream, 1);
    writer_string(&w, STR("auth"));
    writer_u8(&w, 4);
    writer_string(&w, STR("prog"));
    writer_text(&w, str_c(program));
    writer_string(&w, STR("src"));
    writer_value(&w, &(struct value){ .type = VALUE_IPV4, .bytes = STR("\x7f\0\0\1") });
    writer_string(&w, STR("auth"));
    writer_text(&w, str_c(authorization));
    writer_string(&w, STR("method"));
    writer_text(&w, STR("GET"));
    frame_end(&w, start);
    put_writer(&bytes, &w);
    ck_assert(peer_send(peer, &bytes));
    buf_fini(&bytes);
}

static void check(struct peer *peer, uint64_t stream, const char *variable, const char *expected)
{
    char text[256];
    struct frame ack;
    ck_assert(peer_receive(peer, &ack));
    ck_assert_uint_eq(ack.stream, stream);
    struct str got = ack_variable(&ack, variable, text);
    ck_assert_msg(str_eq(got, str_c(expected)), "%.*s is not %s", STR_ARG(got), expected);
}

START_TEST(a_slow_answer_holds_up_nobody)
{
    struct desk desk;
    desk_open(&desk, NULL);
    struct peer peer = peer_open(desk.folder, 0);
    ask(&peer, 1, "slow", RIGHT);
    ask(&peer, 3, "free", "");
    check(&peer, 3, "verdict", "free");
    check(&peer, 1, "verdict", "slow");
    ask(&peer, 5, "slow", RIGHT); /* known by now */
    ask(&peer, 7, "free", "");
    check(&peer, 5, "request", "-X-U\nX-U: b\n");
    check(&peer, 7, "verdict", "free");
    ask(&peer, 9, "slow", WRONG);
    check(&peer, 9, "h_auth", "Basic realm=\"r\"");
    ask(&peer, 11, "both", RIGHT); /* one op after the other */
    check(&peer, 11, "verdict", "both");
    peer_close(&peer);
    desk_close(&desk);
}
END_TEST

START_TEST(who_goes_meanwhile_is_forgotten)
{
    struct desk desk;
    struct agent_stats stats;
    desk_open(&desk, NULL);
    for (int i = 0; i < 20; i++) {
        struct peer peer = peer_open(desk.folder, 0);
        ask(&peer, 1, i % 2 ? "slow" : "ask", WRONG);
        ask(&peer, 3, "quick", WRONG);
        peer_close(&peer);
    }
    struct peer peer = peer_open(desk.folder, 0);
    ask(&peer, 1, "free", "");
    check(&peer, 1, "verdict", "free");
    agent_stats(desk.agent, &stats);
    ck_assert_uint_eq(stats.open_connections, 1);
    peer_close(&peer);
    desk_close(&desk);
}
END_TEST

/* Whatever waits, for a hash or for another server, is over when the agent stops. */
START_TEST(stopping_does_not_wait_for_answers)
{
    struct desk desk;
    desk_open(&desk, NULL);
    struct peer peer = peer_open(desk.folder, 0);
    for (uint64_t i = 0; i < 60; i++)
        ask(&peer, 2 * i + 1, i % 2 ? "slow" : "ask", WRONG);
    ask(&peer, 999, "free", "");
    char text[256];
    struct frame ack;
    do
        ck_assert(peer_receive(&peer, &ack));
    while (!str_eq(ack_variable(&ack, "verdict", text), STR("free")));
    int64_t start_ns = clock_monotonic_ns();
    desk_close(&desk);
    ck_assert_int_lt(clock_monotonic_ns() - start_ns, 5000000000);
    peer_close(&peer);
}
END_TEST

static const struct {
    const char *says, *variable, *value;
} answers[] = {
    { "HTTP/1.1 200 OK\r\nX-User: jane\r\nContent-Length: 0\r\n\r\n", "request", "-X-User\nX-User: jane\n" },
    { "HTTP/1.1 200 OK\r\nSet-Cookie: c=1\r\nContent-Length: 0\r\n\r\n", "cookies", "-=\n-c\n+c=1\n" },
    { "HTTP/1.1 403 No\r\nX-Why: so\r\nContent-Length: 4\r\n\r\nbody", "h_list", "X-Why: so\n" },
    { "HTTP/1.1 403 No\r\nX-Why: so\r\nContent-Length: 4\r\n\r\nbody", "body", "body" },
    { "HTTP/1.1 100 Continue\r\nX-Not: this\r\n\r\nHTTP/1.1 401 No\r\nX-Why: so\r\n\r\n", "h_list",
      "X-Why: so\n" },
    { "HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nbo", "verdict", "no:ask" }, /* cut off */
    { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo", "verdict", "no:ask" },
    { "garbage\r\n\r\n", "verdict", "no:ask" },
    { "", "verdict", "no:ask" },
};

START_TEST(another_server_decides)
{
    struct desk desk;
    desk_open(&desk, answers[_i].says);
    struct peer peer = peer_open(desk.folder, 0);
    ask(&peer, 1, "ask", "");
    check(&peer, 1, answers[_i].variable, answers[_i].value);
    peer_close(&peer);
    desk_close(&desk);
}
END_TEST

START_TEST(programs_are_replaced_under_those_who_wait)
{
    struct desk desk;
    char error[256];
    desk_open(&desk, NULL);
    struct peer peer = peer_open(desk.folder, 0);
    ask(&peer, 1, "slow", RIGHT);
    ask(&peer, 3, "free", "");
    check(&peer, 3, "verdict", "free");
    agent_publish(desk.agent, program_set_parse(STR("{\"version\":1,\"programs\":{}}"), error));
    check(&peer, 1, "verdict", "slow");
    ask(&peer, 5, "slow", RIGHT);
    check(&peer, 5, "verdict", "unknown");
    peer_close(&peer);
    desk_close(&desk);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { a_slow_answer_holds_up_nobody, 0 },
                                     { who_goes_meanwhile_is_forgotten, 0 },
                                     { stopping_does_not_wait_for_answers, 0 },
                                     { another_server_decides, ROWS(answers) },
                                     { programs_are_replaced_under_those_who_wait, 0 },
                                     { 0 } };
    return run_suite("held", rows);
}
