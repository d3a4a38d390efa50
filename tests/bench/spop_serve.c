/* spop_serve agent|ack FOLDER SECONDS [BUCKETS|PROGRAM]
 *
 * Something for spop_load or HAProxy to ask, at FOLDER/agent-0.sock, until SECONDS are over or SIGTERM comes,
 * and what it cost. `agent`: an agent of one worker and BUCKETS (65,536) with the programs free (no ops),
 * limited (a limit that is never met), keys (one an hour) and flood (10 a second). `ack`: the least that can
 * answer, a loop of epoll, read, one constant ACK for each frame, write: that PROGRAM (free) passes. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spop/ack.h"
#include "spop/hello.h"
#include "spop/server.h"
#include "sys/unix_socket.h"
#include "sys/clock.h"

static const char policy[] =
    "{\"version\":1,\"programs\":{\"free\":{\"ops\":[]},"
    "\"limited\":{\"ops\":[{\"op\":\"rateLimit\",\"bucket\":\"etcd:router|etcd:limit\",\"average\":1000000,"
    "\"period\":1000000000,\"burst\":1000000,\"source\":{\"kind\":\"ip\"}}]},"
    "\"keys\":{\"ops\":[{\"op\":\"rateLimit\",\"bucket\":\"etcd:router|etcd:keys\",\"average\":1,"
    "\"period\":3600000000000,\"burst\":1,\"source\":{\"kind\":\"ip\"}}]},"
    "\"flood\":{\"ops\":[{\"op\":\"rateLimit\",\"bucket\":\"etcd:router|etcd:flood\",\"average\":10,"
    "\"period\":1000000000,\"burst\":20,\"source\":{\"kind\":\"ip\"}}]}}}";

static double cpu_seconds(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static volatile sig_atomic_t ended;

static void end(int number)
{
    (void)number;
    ended = 1;
}

static uint64_t serve_agent(const char *folder, unsigned seconds, const char *buckets)
{
    char error[256];
    struct agent_options options = { .folder = folder,
                                     .workers = 1,
                                     .buckets = (size_t)atol(buckets ? buckets : "65536") };
    struct agent_stats stats;
    struct agent *agent = agent_start(&options, NULL, error);
    struct program_set *set = program_set_parse(str_c(policy), error);
    if (!agent || !set) {
        fprintf(stderr, "spop_serve: %s\n", error);
        exit(1);
    }
    agent_publish(agent, set);
    sleep(seconds);
    agent_stats(agent, &stats);
    printf("%zu buckets in use, %" PRIu64 " evicted\n", stats.buckets_in_use, stats.buckets_evicted);
    agent_stop(agent);
    return stats.passed + stats.refused;
}

/* Answers the frames of `in`; what is left over is lost, which spop_load at depth 1 does not cause. */
static uint64_t answer(int fd, struct str in, struct str program)
{
    unsigned char memory[1 << 16];
    struct writer w = writer_over(memory, sizeof memory);
    struct verdict verdict = { .pass = true };
    struct frame frame;
    enum spop_status status;
    uint64_t answers = 0;
    for (size_t used; frame_read(in, FRAME_LARGEST, &frame, &used, &status) == FRAME_OK;
         in = str_from(in, used)) {
        if (frame.type == FRAME_HAPROXY_HELLO) {
            hello_write(&w, 16380, STR("pipelining"));
        } else {
            ack_write(&w, (struct ack_of){ frame.stream, frame.id }, program, &verdict);
            answers++;
        }
    }
    if (write(fd, memory, writer_str(&w).n) < 0 && errno != EPIPE)
        perror("write");
    return answers;
}

static uint64_t serve_ack(const char *folder, unsigned seconds, const char *program)
{
    char path[100], error[256];
    static char in[1 << 16];
    snprintf(path, sizeof path, "%s/agent-0.sock", folder);
    int listener = socket_bind(path, error), epoll = epoll_create1(0);
    if (listener < 0 || listen(listener, 1024) != 0) {
        fprintf(stderr, "spop_serve: %s\n", error);
        exit(1);
    }
    struct epoll_event event = { .events = EPOLLIN, .data.fd = listener }, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    uint64_t answers = 0;
    for (int64_t end_ns = clock_monotonic_ns() + seconds * INT64_C(1000000000);
         !ended && clock_monotonic_ns() < end_ns;) {
        int ready = epoll_wait(epoll, events, 256, 100);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                event.data.fd = accept(listener, NULL, NULL);
                epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            ssize_t n = read(fd, in, sizeof in);
            if (n <= 0)
                close(fd);
            else
                answers += answer(fd, str_of(in, (size_t)n), str_c(program ? program : "free"));
        }
    }
    unlink(path);
    return answers;
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5) {
        fputs("usage: spop_serve agent|ack FOLDER SECONDS [BUCKETS|PROGRAM]\n", stderr);
        return 2;
    }
    unsigned seconds = (unsigned)atoi(argv[3]);
    signal(SIGTERM, end);
    signal(SIGPIPE, SIG_IGN);
    uint64_t decisions = (strcmp(argv[1], "ack") == 0 ? serve_ack : serve_agent)(argv[2], seconds, argv[4]);
    double cpu = cpu_seconds();
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    printf("%s: %" PRIu64 " decisions, %.2f s of CPU, %.3f us each, %ld kB at most\n", argv[1], decisions,
           cpu, cpu * 1e6 / (double)(decisions ? decisions : 1), r.ru_maxrss);
    return 0;
}
