#include "haproxy/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "haproxy/report.h"

enum {
    KEPT = 32768,       /* bytes for error messages */
    LINE_LONGEST = 2000 /* of the log; the rest of a line is cut */
};

struct tail {
    struct log *log;
    int read_end, quit;
    bool running;
    pthread_t thread;
    struct buf line;      /* the unfinished one; the thread's own */
    pthread_mutex_t lock; /* of what follows */
    struct buf kept;
    uint64_t dropped; /* bytes that stood in front of `kept` */
};

/* HAProxy's own words are for those who look after it: our log tells by itself what matters of its doings. */
static void log_report(struct tail *tail, struct str line)
{
    static const enum log_severity severities[] = {
        [REPORT_NOTICE] = LOG_LINE_DEBUG, [REPORT_WARNING] = LOG_LINE_INFO, [REPORT_ALERT] = LOG_LINE_WARN
    };
    struct str text;
    enum report_severity severity = report_line(line, &text);
    if (text.n)
        log_line(tail->log, severities[severity], "haproxy", "%.*s", STR_ARG(str_head(text, LINE_LONGEST)));
}

static void take_text(struct tail *tail, struct str text)
{
    pthread_mutex_lock(&tail->lock);
    buf_put(&tail->kept, text);
    if (tail->kept.n > 2 * KEPT) {
        size_t gone = tail->kept.n - KEPT;
        memmove(tail->kept.p, tail->kept.p + gone, KEPT);
        tail->kept.n = KEPT;
        tail->dropped += gone;
    }
    pthread_mutex_unlock(&tail->lock);
    for (struct str rest = text; rest.n > 0;) {
        size_t end = str_find(rest, '\n');
        if (tail->line.n < LINE_LONGEST)
            buf_put(&tail->line, str_head(rest, end));
        if (end < rest.n) {
            log_report(tail, buf_str(&tail->line));
            buf_reset(&tail->line);
        }
        rest = str_from(rest, end + 1);
    }
}

/* false: nothing more will come. */
static bool read_some(struct tail *tail)
{
    char piece[4096];
    ssize_t n = read(tail->read_end, piece, sizeof piece);
    if (n > 0)
        take_text(tail, str_of(piece, (size_t)n));
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void *run(void *context)
{
    struct tail *tail = context;
    struct pollfd fds[2] = { { .fd = tail->read_end, .events = POLLIN },
                             { .fd = tail->quit, .events = POLLIN } };
    bool open = true;
    while (open && !(fds[1].revents & POLLIN)) {
        if (poll(fds, 2, -1) > 0 && fds[0].revents)
            open = read_some(tail);
    }
    /* At most what the pipe holds: a process that talks on must not keep us. */
    for (int i = 0; open && i < 16 && poll(fds, 1, 0) > 0; i++)
        open = read_some(tail);
    if (tail->line.n)
        log_report(tail, buf_str(&tail->line));
    return NULL;
}

/* Signals are for the other threads. */
static bool start_thread(struct tail *tail)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&tail->thread, NULL, run, tail);
    tail->running = errno == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return tail->running;
}

struct tail *tail_start(struct log *log, int *write_end)
{
    int ends[2], quit = eventfd(0, EFD_CLOEXEC);
    if (quit < 0)
        return NULL;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        close(quit);
        return NULL;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct tail *tail = xmalloc(sizeof *tail);
    *tail = (struct tail){ .log = log, .read_end = ends[0], .quit = quit };
    pthread_mutex_init(&tail->lock, NULL);
    if (!start_thread(tail)) {
        int error = errno;
        close(ends[1]);
        tail_destroy(tail);
        errno = error;
        return NULL;
    }
    *write_end = ends[1];
    return tail;
}

uint64_t tail_mark(struct tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    uint64_t mark = tail->dropped + tail->kept.n;
    pthread_mutex_unlock(&tail->lock);
    return mark;
}

void tail_since(struct tail *tail, uint64_t mark, struct buf *out)
{
    pthread_mutex_lock(&tail->lock);
    uint64_t from = mark > tail->dropped ? mark - tail->dropped : 0;
    buf_put(out, str_from(buf_str(&tail->kept), (size_t)from));
    pthread_mutex_unlock(&tail->lock);
}

void tail_stop(struct tail *tail)
{
    if (!tail->running)
        return;
    uint64_t one = 1;
    ssize_t written = write(tail->quit, &one, sizeof one);
    (void)written;
    pthread_join(tail->thread, NULL);
    tail->running = false;
}

void tail_destroy(struct tail *tail)
{
    if (!tail)
        return;
    tail_stop(tail);
    close(tail->read_end);
    close(tail->quit);
    buf_fini(&tail->line);
    buf_fini(&tail->kept);
    pthread_mutex_destroy(&tail->lock);
    free(tail);
}
