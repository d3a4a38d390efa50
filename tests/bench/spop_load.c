/* spop_load SOCKET SECONDS CONNECTIONS PROGRAM [DEPTH [SOURCES [RATE [PARTS]]]]
 *
 * Plays HAProxy: keeps DEPTH (1) questions for PROGRAM in flight on each connection, from SOURCES (1,000)
 * addresses in turn, and prints decisions a second and the time that one takes. With a
 * RATE it asks so many a second instead, at most DEPTH on a connection, and the time counts from when a
 * question was due. One thread: give it a core of its own. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "spop/frame.h"
#include "sys/clock.h"

enum { LARGEST_DEPTH = 1000, LARGEST_PARTS = 10000, STEPS = 32, BUCKETS = 40 * STEPS };

struct connection {
    int fd;
    struct buf in;
    int64_t asked_ns[LARGEST_DEPTH]; /* by stream */
    uint64_t idle[LARGEST_DEPTH];    /* with a rate: streams without a question */
    size_t n_idle;
};

struct load {
    struct str program;
    unsigned depth;
    uint32_t sources, next_source;
    double gap_ns;  /* between questions; 0: no rate */
    int64_t due_ns; /* the next one */
    size_t n_parts;
    int64_t longest_ns[LARGEST_PARTS]; /* by the order of answers */
    uint64_t answers, passed, refused, other;
    uint64_t times[BUCKETS]; /* by log2 of ns, each octave in STEPS */
};

static void fail(const char *what)
{
    fprintf(stderr, "spop_load: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

static size_t bucket_of(int64_t ns)
{
    unsigned log = 63u - (unsigned)__builtin_clzll((unsigned long long)ns | STEPS);
    size_t bucket = (log - 5) * STEPS + ((uint64_t)ns >> (log - 5)) % STEPS;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double percentile_us(const struct load *load, double share)
{
    uint64_t seen = 0;
    size_t i = 0;
    while (i < BUCKETS - 1 && (double)(seen += load->times[i]) < share * (double)load->answers)
        i++;
    return (double)((uint64_t)(i % STEPS + STEPS) << (i / STEPS)) / 1000;
}

static void put_hello(struct writer *w)
{
    size_t start = frame_begin(w, FRAME_HAPROXY_HELLO, 0, 0);
    writer_string(w, STR("supported-versions"));
    writer_text(w, STR("2.0"));
    writer_string(w, STR("max-frame-size"));
    writer_value(w, &(struct value){ .type = VALUE_UINT32, .number = 16380 });
    writer_string(w, STR("capabilities"));
    writer_text(w, STR("pipelining"));
    frame_end(w, start);
}

static void put_question(struct writer *w, struct load *load, uint64_t stream)
{
    uint32_t source = load->next_source++ % load->sources;
    size_t start = frame_begin(w, FRAME_NOTIFY, stream, 1);
    writer_string(w, STR("lean"));
    writer_u8(w, 2);
    writer_string(w, STR("prog"));
    writer_text(w, load->program);
    writer_string(w, STR("src"));
    writer_value(w, &(struct value){ .type = VALUE_IPV4, .bytes = str_of((const char *)&source, 4) });
    frame_end(w, start);
}

static void send_all(int fd, struct str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            fail("send");
        bytes = str_from(bytes, (size_t)n);
    }
}

/* Asks on the streams listed. */
static void ask(struct load *load, struct connection *c, const uint64_t *streams, size_t n, int64_t now_ns)
{
    static unsigned char memory[LARGEST_DEPTH * 256];
    struct writer w = writer_over(memory, sizeof memory);
    for (size_t i = 0; i < n; i++) {
        put_question(&w, load, streams[i]);
        c->asked_ns[streams[i]] = now_ns;
    }
    if (w.failed)
        fail("the program's name is too long");
    send_all(c->fd, writer_str(&w));
}

static void count(struct load *load, const struct frame *ack, int64_t took_ns)
{
    struct cursor c = cursor_over(ack->payload);
    cursor_bytes(&c, 3);
    cursor_string(&c);
    struct str verdict = cursor_value(&c).bytes;
    load->answers++;
    load->times[bucket_of(took_ns)]++;
    size_t part = load->answers * load->n_parts / load->sources;
    int64_t *longest_ns = &load->longest_ns[part < load->n_parts ? part : load->n_parts - 1];
    *longest_ns = took_ns > *longest_ns ? took_ns : *longest_ns;
    if (str_eq(verdict, load->program))
        load->passed++;
    else if (str_starts(verdict, STR("no:")))
        load->refused++;
    else
        load->other++;
}

static void receive(struct load *load, struct connection *c)
{
    char *room = buf_reserve(&c->in, 1 << 16);
    ssize_t got = recv(c->fd, room, 1 << 16, 0);
    if (got <= 0)
        fail("recv");
    c->in.n += (size_t)got;
    struct str rest = buf_str(&c->in);
    struct frame frame;
    enum spop_status status;
    uint64_t streams[LARGEST_DEPTH];
    size_t used, n = 0;
    int64_t now_ns = clock_monotonic_ns();
    for (; frame_read(rest, FRAME_LARGEST, &frame, &used, &status) == FRAME_OK; rest = str_from(rest, used)) {
        if (frame.type != FRAME_ACK || frame.stream >= load->depth || n == load->depth)
            fail("not an ACK");
        count(load, &frame, now_ns - c->asked_ns[frame.stream]);
        streams[n++] = frame.stream;
    }
    memmove(c->in.p, rest.p, rest.n);
    c->in.n = rest.n;
    if (load->gap_ns == 0) {
        ask(load, c, streams, n, now_ns);
        return;
    }
    for (size_t i = 0; i < n; i++)
        c->idle[c->n_idle++] = streams[i];
}

/* Asks what is due, as far as there are idle streams. What fell due while this program itself had no
 * processor is due now: that is nothing the agent could help. */
static void ask_due(struct load *load, struct connection *connections, size_t n)
{
    enum { AWAY_NS = 500000 };
    static size_t turn;
    static int64_t before_ns;
    int64_t now_ns = clock_monotonic_ns(), away_ns = before_ns ? now_ns - before_ns : 0;
    before_ns = now_ns;
    load->due_ns += away_ns > AWAY_NS ? away_ns : 0;
    for (size_t full = 0; load->due_ns <= now_ns && full < n; turn++) {
        struct connection *c = &connections[turn % n];
        size_t due = (size_t)((double)(now_ns - load->due_ns) / load->gap_ns) + 1;
        size_t asked = due < c->n_idle ? due : c->n_idle;
        full = asked ? 0 : full + 1;
        c->n_idle -= asked;
        ask(load, c, c->idle + c->n_idle, asked, load->due_ns);
        load->due_ns += (int64_t)(load->gap_ns * (double)asked);
    }
}

static void greet(struct connection *c, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    unsigned char memory[512];
    struct writer w = writer_over(memory, sizeof memory);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(path);
    put_hello(&w);
    send_all(c->fd, writer_str(&w));
    if (recv(c->fd, memory, sizeof memory, 0) < 5 || memory[4] != FRAME_AGENT_HELLO)
        fail("no AGENT-HELLO");
}

static void run(struct load *load, struct connection *connections, size_t n, int64_t end_ns)
{
    struct epoll_event events[256];
    uint64_t streams[LARGEST_DEPTH];
    int epoll = epoll_create1(0);
    for (uint64_t i = 0; i < load->depth; i++)
        streams[i] = i;
    for (size_t i = 0; i < n; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
        if (load->gap_ns == 0)
            ask(load, &connections[i], streams, load->depth, clock_monotonic_ns());
        memcpy(connections[i].idle, streams, sizeof streams);
        connections[i].n_idle = load->depth;
    }
    load->due_ns = clock_monotonic_ns();
    while (clock_monotonic_ns() < end_ns) {
        if (load->gap_ns > 0)
            ask_due(load, connections, n);
        int ready = epoll_wait(epoll, events, 256, load->gap_ns > 0 ? 0 : 1000);
        for (int i = 0; i < ready; i++)
            receive(load, events[i].data.ptr);
    }
    close(epoll);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fputs("usage: spop_load SOCKET SECONDS CONNECTIONS PROGRAM [DEPTH [SOURCES [RATE [PARTS]]]]\n",
              stderr);
        return 2;
    }
    double seconds = atof(argv[2]);
    size_t n = (size_t)atoi(argv[3]);
    static struct load load;
    load.program = str_c(argv[4]);
    load.depth = argc > 5 ? (unsigned)atoi(argv[5]) : 1;
    load.sources = argc > 6 ? (uint32_t)atoi(argv[6]) : 1000;
    load.n_parts = argc > 8 ? (size_t)atoi(argv[8]) : 1;
    load.gap_ns = argc > 7 ? 1e9 / atof(argv[7]) : 0;
    if (n < 1 || load.depth < 1 || load.depth > LARGEST_DEPTH || load.sources < 1 || load.n_parts < 1 ||
        load.n_parts > LARGEST_PARTS) {
        fprintf(stderr, "spop_load: at least 1 connection and source, DEPTH 1 to %d\n", LARGEST_DEPTH);
        return 2;
    }
    struct connection *connections = calloc(n, sizeof *connections);
    for (size_t i = 0; i < n; i++)
        greet(&connections[i], argv[1]);
    int64_t start_ns = clock_monotonic_ns();
    run(&load, connections, n, start_ns + (int64_t)(seconds * 1e9));
    double took = (double)(clock_monotonic_ns() - start_ns) / 1e9;
    int64_t longest_ns = 0;
    for (size_t i = 0; i < load.n_parts; i++)
        longest_ns = load.longest_ns[i] > longest_ns ? load.longest_ns[i] : longest_ns;
    printf("%.0f decisions/s  p50 %.1f us  p99 %.1f us  longest %.1f us  passed %" PRIu64 "  refused %" PRIu64
           "  other %" PRIu64 "\n",
           (double)load.answers / took, percentile_us(&load, 0.5), percentile_us(&load, 0.99),
           (double)longest_ns / 1000, load.passed, load.refused, load.other);
    for (size_t i = 0; i < load.n_parts && load.n_parts > 1; i++)
        printf("%.1f\n", (double)load.longest_ns[i] / 1000);
    for (size_t i = 0; i < n; i++) {
        close(connections[i].fd);
        buf_fini(&connections[i].in);
    }
    free(connections);
    return 0;
}
