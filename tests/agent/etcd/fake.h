/* An etcd that says what a test wants: HTTP on a port of its own, a thread a connection. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

enum { FAKE_CONNECTIONS = 64 };

struct fake;

/* Answers a request on fd; `nth` counts those of its kind from 1. When it returns, the connection is closed,
 * unless it returns true, which keeps it for the next request. */
typedef bool fake_script(struct fake *fake, int fd, const char *body, int nth);

struct fake {
    fake_script *on_list, *on_count, *on_watch; /* NULL: fake_list, fake_list, fake_watch */
    fake_script *on_authenticate;               /* NULL: not found */
    int listener;
    char endpoint[64];
    pthread_t acceptor, threads[FAKE_CONNECTIONS];
    int fds[FAKE_CONNECTIONS];
    int n;
    atomic_int lists, counts, watches, authentications;
    atomic_bool authorized; /* the last request carried the token "T" */
    atomic_llong start;     /* start_revision of the last watch */
    atomic_bool ending;
};

struct fake_connection {
    struct fake *fake;
    int fd;
};

static inline void fake_send(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        s = str_from(s, (size_t)n);
    }
}

static inline bool fake_answer(int fd, int status, const char *body)
{
    struct buf out = { 0 };
    buf_printf(&out, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
    fake_send(fd, buf_str(&out));
    buf_fini(&out);
    return true;
}

static inline void fake_begin(int fd)
{
    fake_send(fd, STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

/* One chunk of a stream. */
static inline void fake_chunk(int fd, const char *format, ...)
{
    struct buf body = { 0 }, out = { 0 };
    char text[4096];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_put(&body, str_of(text, (size_t)n));
    buf_printf(&out, "%zx\r\n", body.n);
    buf_put(&out, buf_str(&body));
    buf_puts(&out, "\r\n");
    fake_send(fd, buf_str(&out));
    buf_fini(&out);
    buf_fini(&body);
}

static inline void fake_end(int fd)
{
    fake_send(fd, STR("0\r\n\r\n"));
}

/* Says nothing until the client or the test has had enough. */
static inline bool fake_hang(struct fake *fake, int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    while (!fake->ending && poll(&p, 1, 20) == 0)
        ;
    return false;
}

#define FAKE_HEADER(revision)  "\"header\":{\"cluster_id\":\"7\",\"revision\":\"" revision "\"}"
#define FAKE_CREATED(revision) "{\"result\":{" FAKE_HEADER(revision) ",\"created\":true}}\n"

static inline bool fake_list(struct fake *fake, int fd, const char *body, int nth)
{
    (void)fake, (void)body, (void)nth;
    return fake_answer(fd, 200, "{" FAKE_HEADER("10") "}");
}

static inline bool fake_watch(struct fake *fake, int fd, const char *body, int nth)
{
    (void)body, (void)nth;
    fake_begin(fd);
    fake_chunk(fd, FAKE_CREATED("10"));
    return fake_hang(fake, fd);
}

static inline bool fake_dispatch(struct fake *fake, int fd, const char *head, const char *body)
{
    const char *start = strstr(body, "\"start_revision\":\"");
    fake->authorized = strstr(head, "Authorization: T") != NULL;
    if (fake->on_authenticate && strstr(head, "/v3/auth/authenticate "))
        return fake->on_authenticate(fake, fd, body, ++fake->authentications);
    if (strstr(head, "/v3/watch ")) {
        fake->start = start ? strtoll(start + 18, NULL, 10) : 0;
        int nth = ++fake->watches;
        return (fake->on_watch ? fake->on_watch : fake_watch)(fake, fd, body, nth);
    }
    if (!strstr(head, "/v3/kv/range "))
        return fake_answer(fd, 404, "Not Found\n");
    bool count = strstr(body, "count_only") != NULL;
    int nth = count ? ++fake->counts : ++fake->lists;
    fake_script *script = count ? fake->on_count : fake->on_list;
    return (script ? script : fake_list)(fake, fd, body, nth);
}

/* Reads one request; false where there is none. The head keeps its blank line, the body gets its NUL. */
static inline bool fake_read(int fd, struct buf *in, const char **body)
{
    buf_reset(in);
    for (;;) {
        char *end = in->n ? strstr(in->p, "\r\n\r\n") : NULL;
        const char *length = end ? strcasestr(in->p, "content-length:") : NULL;
        if (end && length && in->n >= (size_t)(end + 4 - in->p) + strtoul(length + 15, NULL, 10)) {
            *end = '\0';
            *body = end + 4;
            return true;
        }
        char *room = buf_reserve(in, 4096);
        ssize_t n = recv(fd, room, 4096, 0);
        if (n <= 0)
            return false;
        in->n += (size_t)n;
        in->p[in->n] = '\0';
    }
}

static inline void *fake_serve(void *context)
{
    struct fake_connection c = *(struct fake_connection *)context;
    struct buf in = { 0 };
    const char *body;
    free(context);
    while (!c.fake->ending && fake_read(c.fd, &in, &body) && fake_dispatch(c.fake, c.fd, in.p, body))
        ;
    shutdown(c.fd, SHUT_RDWR);
    buf_fini(&in);
    return NULL;
}

static inline void *fake_accept(void *context)
{
    struct fake *fake = context;
    int fd;
    while (fake->n < FAKE_CONNECTIONS && (fd = accept(fake->listener, NULL, NULL)) >= 0) {
        struct fake_connection *c = malloc(sizeof *c);
        *c = (struct fake_connection){ fake, fd };
        fake->fds[fake->n] = fd;
        pthread_create(&fake->threads[fake->n++], NULL, fake_serve, c);
    }
    return NULL;
}

/* Fill in the scripts first, zero the rest. */
static inline void fake_start(struct fake *fake)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert(bind(fake->listener, (struct sockaddr *)&a, n) == 0 && listen(fake->listener, 16) == 0);
    ck_assert(getsockname(fake->listener, (struct sockaddr *)&a, &n) == 0);
    snprintf(fake->endpoint, sizeof fake->endpoint, "127.0.0.1:%d", ntohs(a.sin_port));
    pthread_create(&fake->acceptor, NULL, fake_accept, fake);
}

static inline void fake_stop(struct fake *fake)
{
    fake->ending = true;
    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->acceptor, NULL);
    close(fake->listener);
    for (int i = 0; i < fake->n; i++) {
        shutdown(fake->fds[i], SHUT_RDWR);
        pthread_join(fake->threads[i], NULL);
        close(fake->fds[i]);
    }
}
