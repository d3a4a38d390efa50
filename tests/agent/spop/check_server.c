#include "spop/server.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "peer.h"
#include "sys/clock.h"
#include "sys/files.h"

#define LIMIT(average, period, burst)                                                                        \
    "{\"op\":\"rateLimit\",\"bucket\":\"r|" #average #period #burst "\",\"average\":" #average               \
    ",\"period\":" #period ",\"burst\":" #burst ",\"source\":{\"kind\":\"ip\"}}"
#define POLICY(programs) "{\"version\":1,\"programs\":{" programs "}}"
#define FREE             "\"free\":{\"ops\":[]}"
#define TIGHT            "\"tight\":{\"ops\":[" LIMIT(1, 3600000000000, 2) "]}"
#define SLOW             "\"slow\":{\"ops\":[" LIMIT(5, 2000000000, 1) "]}" /* a token every 400 ms, waits up to 250 */

/* An agent in a folder of its own. */
struct desk {
    char folder[64];
    struct agent *agent;
};

static void publish(struct desk *desk, const char *policy)
{
    char error[256];
    struct program_set *set = program_set_parse(str_c(policy), error);
    ck_assert_msg(set != NULL, "%s", error);
    agent_publish(desk->agent, set);
}

static void desk_open(struct desk *desk, int workers, const char *policy)
{
    char error[256] = "";
    strcpy(desk->folder, "/tmp/check_server.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(desk->folder));
    struct agent_options options = { .folder = desk->folder, .workers = workers, .buckets = 1024 };
    desk->agent = agent_start(&options, NULL, error);
    ck_assert_msg(desk->agent != NULL, "%s", error);
    if (policy)
        publish(desk, policy);
}

static void desk_close(struct desk *desk)
{
    agent_stop(desk->agent);
    ck_assert_int_eq(rmdir(desk->folder), 0); /* nothing is left there */
}

static void check_verdict(struct peer *peer, uint64_t stream, const char *program, const char *expected)
{
    char text[256];
    peer_ask(peer, stream, program);
    struct str verdict = peer_verdict(peer, stream, text);
    ck_assert_msg(str_eq(verdict, str_c(expected)), "%.*s is not %s", STR_ARG(verdict), expected);
}

static struct agent_stats stats(struct desk *desk)
{
    struct agent_stats s;
    agent_stats(desk->agent, &s);
    return s;
}

START_TEST(every_worker_answers_on_a_socket_of_its_own)
{
    struct desk desk;
    desk_open(&desk, 3, POLICY(FREE));
    for (int i = 0; i < 3; i++) {
        char path[128];
        struct stat st;
        snprintf(path, sizeof path, "%s/agent-%d.sock", desk.folder, i);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert(S_ISSOCK(st.st_mode));
        ck_assert_uint_eq(st.st_mode & 0777, 0600);
        struct peer peer = peer_open(desk.folder, i);
        check_verdict(&peer, 300, "free", "free");
        peer_close(&peer);
    }
    ck_assert_uint_eq(stats(&desk).passed, 3);
    desk_close(&desk);
}
END_TEST

START_TEST(before_a_publication_nothing_is_known)
{
    struct desk desk;
    desk_open(&desk, 1, NULL);
    struct peer peer = peer_open(desk.folder, 0);
    check_verdict(&peer, 1, "free", "unknown");
    ck_assert_uint_eq(stats(&desk).unknown_program, 1);
    ck_assert_uint_eq(stats(&desk).programs, 0);
    peer_close(&peer);
    desk_close(&desk);
}
END_TEST

START_TEST(workers_share_the_buckets)
{
    struct desk desk;
    desk_open(&desk, 2, POLICY(TIGHT));
    struct peer one = peer_open(desk.folder, 0), two = peer_open(desk.folder, 1);
    check_verdict(&one, 1, "tight", "tight");
    check_verdict(&two, 1, "tight", "tight");
    check_verdict(&one, 3, "tight", "no:tight");
    check_verdict(&two, 3, "tight", "no:tight");
    struct agent_stats s = stats(&desk);
    ck_assert_uint_eq(s.passed, 2);
    ck_assert_uint_eq(s.refused, 2);
    ck_assert_uint_eq(s.rate_limited, 2);
    ck_assert_uint_eq(s.buckets_in_use, 1);
    ck_assert_uint_eq(s.programs, 1);
    ck_assert_uint_eq(s.connections, 2);
    ck_assert_uint_eq(s.open_connections, 2);
    ck_assert_uint_eq(s.frames, 6);
    peer_close(&one);
    peer_close(&two);
    desk_close(&desk);
}
END_TEST

/* A request that sleeps does not hold up those behind it on the same connection. */
START_TEST(a_delayed_answer_is_overtaken)
{
    struct desk desk;
    char text[256];
    desk_open(&desk, 1, POLICY(SLOW "," FREE));
    struct peer peer = peer_open(desk.folder, 0);
    check_verdict(&peer, 1, "slow", "slow");
    int64_t start = clock_monotonic_ns();
    uint64_t waiting = 3;
    struct frame ack;
    for (;; waiting += 2) { /* asks until one is let in, asleep */
        uint64_t before = stats(&desk).delayed;
        peer_ask(&peer, waiting, "slow");
        peer_ask(&peer, 1000, "free");
        ck_assert(peer_receive(&peer, &ack));
        if (ack.stream == 1000 && stats(&desk).delayed > before)
            break;
        ck_assert_uint_eq(ack.stream, waiting);
        check_variable(&ack, "verdict", "no:slow");
        peer_verdict(&peer, 1000, text);
        usleep(1000);
    }
    ck_assert(str_eq(peer_verdict(&peer, waiting, text), STR("slow")));
    ck_assert_int_ge(clock_monotonic_ns() - start, 399000000);
    peer_close(&peer);
    desk_close(&desk);
}
END_TEST

/* Many that wait at once, on connections that do not wait for them. */
START_TEST(connections_may_go_while_answers_wait)
{
    struct desk desk;
    desk_open(&desk, 1,
              POLICY("\"s\":{\"ops\":[" LIMIT(1, 1000000000, 1) "," LIMIT(1, 3600000000000, 1000) "]}"));
    for (int i = 0; stats(&desk).delayed < 3; i++) {
        struct peer peer = peer_open(desk.folder, 0);
        peer_ask(&peer, 1, "s");
        peer_ask(&peer, 3, "s");
        peer_close(&peer);
        usleep(20000);
    }
    desk_close(&desk); /* the last one may still wait */
}
END_TEST

START_TEST(broken_frames_are_told_and_closed)
{
    struct desk desk;
    struct frame frame;
    desk_open(&desk, 1, POLICY(FREE));
    struct peer peer = peer_open(desk.folder, 0);
    struct buf bytes = { 0 };
    buf_put(&bytes, STR("\0\0\0\0"));
    ck_assert(peer_send(&peer, &bytes));
    ck_assert(peer_receive(&peer, &frame));
    ck_assert_uint_eq(disconnect_status(&frame), SPOP_INVALID);
    ck_assert(!peer_receive(&peer, &frame));
    ck_assert_uint_eq(stats(&desk).broken_frames, 1);
    peer_close(&peer);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(a_disconnect_is_answered)
{
    struct desk desk;
    struct frame frame;
    struct buf bytes = { 0 };
    desk_open(&desk, 1, POLICY(FREE));
    struct peer peer = peer_open(desk.folder, 0);
    put_capture(&bytes, CAPTURE_DISCONNECT);
    ck_assert(peer_send(&peer, &bytes));
    ck_assert(peer_receive(&peer, &frame));
    ck_assert_uint_eq(disconnect_status(&frame), SPOP_NORMAL);
    ck_assert(!peer_receive(&peer, &frame));
    ck_assert_uint_eq(stats(&desk).broken_frames, 0);
    peer_close(&peer);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(a_burst_of_connections_is_accepted)
{
    enum { MANY = 2000 };
    struct desk desk;
    static struct peer peers[MANY];
    files_raise();
    desk_open(&desk, 1, POLICY(FREE));
    for (int i = 0; i < MANY; i++) {
        peers[i] = peer_connect(desk.folder, 0);
        ck_assert_int_ge(peers[i].fd, 0);
    }
    struct buf hello = { 0 };
    struct frame frame;
    put_hello(&hello, "2.0", 16380);
    for (int i = 0; i < MANY; i++)
        ck_assert(peer_send(&peers[i], &hello));
    for (int i = 0; i < MANY; i++) {
        ck_assert(peer_receive(&peers[i], &frame));
        check_verdict(&peers[i], 7, "free", "free");
        peer_close(&peers[i]);
    }
    buf_fini(&hello);
    desk_close(&desk);
}
END_TEST

/* More answers than a socket holds, read late: all come, in order. */
START_TEST(a_slow_reader_gets_all_answers)
{
    enum { MANY = 5000 };
    struct desk desk;
    struct buf bytes = { 0 };
    char text[256];
    desk_open(&desk, 1, POLICY(FREE));
    struct peer peer = peer_open(desk.folder, 0);
    int small = 4096;
    setsockopt(peer.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (uint64_t i = 1; i <= MANY; i++)
        put_lean(&bytes, i, 1, STR("free"));
    ck_assert(peer_send(&peer, &bytes));
    for (uint64_t i = 1; i <= MANY; i++)
        ck_assert(str_eq(peer_verdict(&peer, i, text), STR("free")));
    peer_close(&peer);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(who_never_reads_is_closed)
{
    struct desk desk;
    struct buf bytes = { 0 };
    desk_open(&desk, 1, POLICY(FREE));
    struct peer peer = peer_open(desk.folder, 0), other = peer_open(desk.folder, 0);
    for (uint64_t i = 0; i < 1000; i++)
        put_lean(&bytes, i, 1, STR("free"));
    bool closed = false;
    for (int i = 0; i < 1000 && !closed; i++)
        closed = !peer_send(&peer, &bytes);
    ck_assert(closed);
    check_verdict(&other, 1, "free", "free");
    ck_assert_uint_eq(stats(&desk).open_connections, 1);
    peer_close(&peer);
    peer_close(&other);
    buf_fini(&bytes);
    desk_close(&desk);
}
END_TEST

START_TEST(a_publication_holds_when_it_returns)
{
    struct desk desk;
    desk_open(&desk, 2, POLICY(FREE));
    struct peer peers[2] = { peer_open(desk.folder, 0), peer_open(desk.folder, 1) };
    for (int i = 0; i < 200; i++) {
        publish(&desk, i % 2 ? POLICY(FREE) : POLICY(TIGHT));
        for (int p = 0; p < 2; p++)
            check_verdict(&peers[p], 1, "free", i % 2 ? "free" : "unknown");
    }
    peer_close(&peers[0]);
    peer_close(&peers[1]);
    desk_close(&desk);
}
END_TEST

struct load {
    const char *folder;
    int index;
    _Atomic bool stop;
    _Atomic int asked;
};

static void *ask_on(void *context)
{
    struct load *load = context;
    struct peer peer = peer_open(load->folder, load->index);
    while (!load->stop) {
        check_verdict(&peer, 1, "free", "free");
        load->asked++;
    }
    peer_close(&peer);
    return NULL;
}

START_TEST(a_publication_disturbs_nobody)
{
    struct desk desk;
    desk_open(&desk, 2, POLICY(FREE));
    struct load loads[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        loads[i] = (struct load){ .folder = desk.folder, .index = i % 2 };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_on, &loads[i]), 0);
    }
    for (int i = 0; i < 300; i++)
        publish(&desk, i % 2 ? POLICY(FREE) : POLICY(TIGHT "," FREE));
    for (int i = 0; i < 4; i++) {
        while (loads[i].asked == 0)
            usleep(1000);
        loads[i].stop = true;
        pthread_join(threads[i], NULL);
    }
    desk_close(&desk);
}
END_TEST

START_TEST(stopping_says_goodbye_and_leaves_nothing)
{
    struct desk desk;
    struct frame frame;
    desk_open(&desk, 2, POLICY(FREE));
    struct peer peers[2] = { peer_open(desk.folder, 0), peer_open(desk.folder, 1) };
    struct peer silent = peer_connect(desk.folder, 0);
    desk_close(&desk);
    for (int i = 0; i < 2; i++) {
        ck_assert(peer_receive(&peers[i], &frame));
        ck_assert_uint_eq(disconnect_status(&frame), SPOP_NORMAL);
        ck_assert(!peer_receive(&peers[i], &frame));
        peer_close(&peers[i]);
    }
    ck_assert(!peer_receive(&silent, &frame));
    peer_close(&silent);
    agent_stop(NULL);
}
END_TEST

static struct agent *start_in(const char *folder, char error[static 256])
{
    struct agent_options options = { .folder = folder, .workers = 2, .buckets = 16 };
    return agent_start(&options, NULL, error);
}

START_TEST(a_bad_folder_is_said_to_be_bad)
{
    char error[256], deep[300];
    ck_assert_ptr_null(start_in("/tmp/there-is-no-such-folder", error));
    ck_assert_ptr_nonnull(strstr(error, "No such file or directory; the folder must exist"));
    memset(deep, 'x', sizeof deep);
    deep[0] = '/';
    deep[sizeof deep - 1] = '\0';
    ck_assert_ptr_null(start_in(deep, error));
    ck_assert_ptr_nonnull(strstr(error, "name a shorter folder"));
}
END_TEST

START_TEST(a_socket_in_use_is_left_alone)
{
    struct desk desk;
    char error[256];
    desk_open(&desk, 1, POLICY(FREE));
    ck_assert_ptr_null(start_in(desk.folder, error));
    ck_assert_ptr_nonnull(strstr(error, "another process listens there"));
    struct peer peer = peer_open(desk.folder, 0);
    check_verdict(&peer, 1, "free", "free");
    peer_close(&peer);
    desk_close(&desk);
}
END_TEST

START_TEST(a_dead_socket_is_replaced)
{
    char folder[] = "/tmp/check_server.XXXXXX", error[256];
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/agent-1.sock", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    struct agent *agent = start_in(folder, error);
    ck_assert_msg(agent != NULL, "%s", error);
    agent_stop(agent);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { every_worker_answers_on_a_socket_of_its_own, 0 },
        { before_a_publication_nothing_is_known, 0 },
        { workers_share_the_buckets, 0 },
        { a_delayed_answer_is_overtaken, 0 },
        { connections_may_go_while_answers_wait, 0 },
        { broken_frames_are_told_and_closed, 0 },
        { a_disconnect_is_answered, 0 },
        { a_burst_of_connections_is_accepted, 0 },
        { a_slow_reader_gets_all_answers, 0 },
        { who_never_reads_is_closed, 0 },
        { a_publication_holds_when_it_returns, 0 },
        { a_publication_disturbs_nobody, 0 },
        { stopping_says_goodbye_and_leaves_nothing, 0 },
        { a_bad_folder_is_said_to_be_bad, 0 },
        { a_socket_in_use_is_left_alone, 0 },
        { a_dead_socket_is_replaced, 0 },
        { NULL, 0 },
    };
    return run_suite("server", tests);
}
