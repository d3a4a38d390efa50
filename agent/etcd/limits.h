/* Every limit and pace of the etcd client, each with its reason. */
#pragma once

enum {
    /* Answers and lines. One message can hold a deleted prefix: 100,001 keys were 10 MB. */
    ETCD_MAX_ANSWER = 64 << 20,
    ETCD_MAX_LINE = 64 << 20,
    ETCD_MAX_ERROR_BODY = 64 << 10, /* of a refused watch; etcd's have 200 bytes */
    ETCD_KEEP_LINE = 1 << 20,       /* a larger line buffer is given back after its line */

    /* Lists. 5,000 to 10,000 keys a page is where a page's fixed cost no longer counts. */
    ETCD_PAGE_KEYS = 5000,
    ETCD_PAGE_STEP = 8, /* factor to larger pages (compacted meanwhile) or smaller ones (over the bound) */
    ETCD_PAGE_MAX = 1 << 24,  /* keys: as good as no limit */
    ETCD_MAX_PAIRS = 8000000, /* a tree of 1,000,000 routers has about 4,000,000 */
    ETCD_MAX_LIST = 1 << 30,  /* bytes of keys and values; etcd itself holds 2 GiB by default */
    ETCD_MAX_RESTARTS = 8,    /* of one list, before it counts as failed */

    /* Pace, milliseconds. */
    ETCD_CONNECT_MS = 3000,
    ETCD_SILENCE_MS = 15000,      /* no byte of a page: a leader's death holds reads up for 7 s */
    ETCD_AUTHENTICATE_MS = 10000, /* bcrypt takes 60 ms of an idle server */
    ETCD_CREATED_MS = 5000,       /* 3.5 answers some bad requests with silence */
    ETCD_PROBE_EVERY_MS = 10000,
    ETCD_PROBE_MS = 3000,
    ETCD_PROBE_FAILURES = 2,
    ETCD_STUCK_MS = 5000,        /* a probe saw news that the watch did not tell for so long */
    ETCD_STUCK_AGAIN_MS = 60000, /* foreign keys look the same: ask less and less often */
    ETCD_STUCK_MOST_MS = 600000,
    ETCD_DRIFT_AGAIN_MS = 600000, /* a count that stays wrong must not mean a list every 10 s */
    ETCD_VERIFY_MS =
        5000, /* after an outage a large tree is read anew: in that time's second half, at random */
    ETCD_BACKOFF_FIRST_MS = 50,
    ETCD_BACKOFF_MOST_MS = 10000,
    ETCD_HEALTHY_MS = 10000,   /* a watch this old makes the next failure a first one */
    ETCD_REFUSED_MS = 5000,    /* wrong password and the like: only an operator can help */
    ETCD_LOG_AGAIN_MS = 60000, /* the same failure again in the log */
    ETCD_LOG_MOST_MS = 600000,

    /* TCP: a host that is gone is seen in about 30 s. */
    ETCD_KEEPALIVE_IDLE_S = 15,
    ETCD_KEEPALIVE_EVERY_S = 5,
    ETCD_TCP_TIMEOUT_MS = 30000,
    ETCD_READ_BUFFER = 128 << 10,
};

#define ETCD_MS ((int64_t)1000000) /* nanoseconds */
