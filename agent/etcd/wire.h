/* What goes over the wire to etcd's JSON gateway and back (etcd-gateway.md 1 to 5). Pure: text in, text out.
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"
#include "etcd/fault.h"
#include "etcd/watch.h"

#define ETCD_PATH_RANGE        "/v3/kv/range"
#define ETCD_PATH_TXN          "/v3/kv/txn"
#define ETCD_PATH_WATCH        "/v3/watch"
#define ETCD_PATH_AUTHENTICATE "/v3/auth/authenticate"

/* --- requests --- */

/* The end of the range of all keys that begin with prefix, in `arena`; "\0" (no end) where there is none. */
struct str etcd_prefix_end(struct arena *arena, struct str prefix);

struct etcd_range_request {
    struct str key, end;
    int64_t limit;     /* keys; 0: none */
    int64_t revision;  /* 0: the newest */
    bool count_only;   /* no keys, only how many there are */
    bool serializable; /* as this member knows it: no quorum needed */
};
void etcd_put_range_request(struct buf *out, const struct etcd_range_request *request);

/* A watch of [key, end) whose first event may be of revision `start`, with progress notices. */
void etcd_put_watch_request(struct buf *out, struct str key, struct str end, int64_t start);

/* One operation of a transaction: a put, or with `end` a delete of all keys k with key <= k < end. */
struct etcd_txn_op {
    struct str key, end, value;
};

struct etcd_txn_request {
    struct str key, end;     /* the range that must not have changed */
    int64_t unchanged_since; /* no key of the range was written after this revision, or nothing is done; 0: no
                                condition */
    const struct etcd_txn_op *ops;
    size_t n_ops;
};
void etcd_put_txn_request(struct buf *out, const struct etcd_txn_request *request);

void etcd_put_authenticate_request(struct buf *out, struct str name, struct str password);

/* --- answers: all read into `arena`, false where the text is none of its kind --- */

struct etcd_header {
    uint64_t cluster_id; /* 0: not said */
    int64_t revision;    /* 0: not said */
};

/* Starts zeroed; each page appends its pairs. Release with etcd_range_fini. */
struct etcd_range {
    struct etcd_header header; /* of the last page read */
    int64_t count;             /* keys in the whole range */
    bool more;
    VEC(struct kv_pair) pairs;
};
bool etcd_read_range(struct arena *arena, struct str text, struct etcd_range *range);
void etcd_range_fini(struct etcd_range *range);

struct etcd_txn {
    struct etcd_header header; /* the revision after it */
    bool succeeded;            /* the condition held, and everything was done */
};
bool etcd_read_txn(struct str text, struct etcd_txn *txn);

struct etcd_change {
    struct etcd_event event;
    int64_t revision;
    bool created; /* the key was not there before */
};

/* One line of a watch. Starts zeroed and may be used again; release with etcd_message_fini. */
struct etcd_message {
    struct etcd_header header;
    bool created;
    int64_t watch_id;
    struct etcd_fault fault; /* the stream's error, or why the watch was canceled; ETCD_OK: neither */
    VEC(struct etcd_change) changes;
};
bool etcd_read_message(struct arena *arena, struct str line, struct etcd_message *message);
void etcd_message_fini(struct etcd_message *message);

bool etcd_read_token(struct arena *arena, struct str text, struct str *token);

/* What an answer other than 200 means; any bytes will do. */
struct etcd_fault etcd_read_error(long http_status, struct str text);
