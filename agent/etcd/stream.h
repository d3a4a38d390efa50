/* The watch stream: lines in, whole revisions out. */
#pragma once

#include "etcd/client.h"
#include "etcd/position.h"
#include "etcd/wire.h"

/* Must not move while open. */
struct etcd_stream {
    struct etcd_http_call call;
    struct str prefix;
    struct etcd_position *position; /* moved on with each message */
    struct buf line;                /* a line that has not ended yet */
    struct etcd_message message;
    struct arena *arena; /* of the batch that gathers; NULL: none */
    VEC(struct etcd_event) events;
    bool created;
    int64_t heard_ns;        /* when the last message came */
    struct etcd_fault fault; /* the stream is of no more use, and why */
};

/* Opens a watch of the client's prefix, from the revision behind `position`. */
void etcd_stream_open(struct etcd_stream *stream, struct etcd_client *client, struct etcd_position *position);

/* Ends it. What was gathered and not taken is lost: take first. */
void etcd_stream_close(struct etcd_stream *stream, struct etcd_client *client);

/* To be called after each turn: sees whether the connection has ended. The fault of the stream. */
const struct etcd_fault *etcd_stream_check(struct etcd_stream *stream);

/* The events gathered since the last call, as one batch that the caller owns; NULL: none. */
struct etcd_batch *etcd_stream_take(struct etcd_stream *stream);
