/* HAProxy's side of a connection, for the tests: blocking, with a time-out that only a broken agent meets. */
#pragma once

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "frames.h"

struct peer {
    int fd;
    struct buf in; /* what came and was not looked at yet */
    size_t at;     /* in `in` */
};

/* Connects to FOLDER/agent-INDEX.sock. fd -1 where nobody listens. */
static inline struct peer peer_connect(const char *folder, int index)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct timeval limit = { .tv_sec = 60 };
    struct peer peer = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    snprintf(address.sun_path, sizeof address.sun_path, "%s/agent-%d.sock", folder, index);
    setsockopt(peer.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(peer.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(peer.fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(peer.fd);
        peer.fd = -1;
    }
    return peer;
}

static inline void peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    buf_fini(&peer->in);
}

/* false where the agent has closed. */
static inline bool peer_send(struct peer *peer, const struct buf *bytes)
{
    for (size_t sent = 0; sent < bytes->n;) {
        ssize_t n = send(peer->fd, bytes->p + sent, bytes->n - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

/* The next frame; false at the end of the connection. The frame lives until the next call. */
static inline bool peer_receive(struct peer *peer, struct frame *out)
{
    for (;;) {
        size_t used;
        enum spop_status status;
        struct str rest = str_from(buf_str(&peer->in), peer->at);
        enum frame_result result = frame_read(rest, FRAME_LARGEST, out, &used, &status);
        ck_assert_int_ne(result, FRAME_BROKEN);
        if (result == FRAME_OK) {
            peer->at += used;
            return true;
        }
        char chunk[4096];
        ssize_t n = recv(peer->fd, chunk, sizeof chunk, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return false;
        ck_assert_msg(n > 0, "no answer: %s", strerror(errno));
        buf_put(&peer->in, str_of(chunk, (size_t)n));
    }
}

/* Connects and says hello. */
static inline struct peer peer_open(const char *folder, int index)
{
    struct peer peer = peer_connect(folder, index);
    struct buf hello = { 0 };
    struct frame answer;
    ck_assert_int_ge(peer.fd, 0);
    put_hello(&hello, "2.0", 16380);
    ck_assert(peer_send(&peer, &hello));
    ck_assert(peer_receive(&peer, &answer));
    ck_assert_uint_eq(answer.type, FRAME_AGENT_HELLO);
    buf_fini(&hello);
    return peer;
}

static inline void peer_ask(struct peer *peer, uint64_t stream, const char *program)
{
    struct buf bytes = { 0 };
    put_lean(&bytes, stream, 1, str_c(program));
    ck_assert(peer_send(peer, &bytes));
    buf_fini(&bytes);
}

/* The verdict of the next ACK, which must be of that stream. */
static inline struct str peer_verdict(struct peer *peer, uint64_t stream, char out[static 256])
{
    struct frame ack;
    ck_assert(peer_receive(peer, &ack));
    ck_assert_uint_eq(ack.type, FRAME_ACK);
    ck_assert_uint_eq(ack.stream, stream);
    return ack_variable(&ack, "verdict", out);
}
