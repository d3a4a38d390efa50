/* Token buckets in Redis, on a worker's event loop: one connection for each server, with many questions on
 * their way at a time, one round trip each. The keys and fields are Traefik's
 * (reference/traefik-middlewares.md 3.18), so both may share them. */
#pragma once

#include <uv.h>

#include "base/buf.h"
#include "ops/limiter.h"
#include "ops/tls_stream.h"

enum { REDIS_ID = 64 };

/* The password is a secret. */
struct redis_target {
    struct str host, username, password;
    int port;
    int64_t db;
    int64_t dial_ns, read_ns; /* read_ns 0: no limit */
    bool encrypted;
    struct tls_material tls;
    char id[REDIS_ID + 1]; /* a digest of all of it: redis_target_seal */
};

/* To be called once the target is complete, and before it is used. */
void redis_target_seal(struct redis_target *target);

struct redis_call {
    /* Stay where they are until finish is called. */
    const struct redis_target *target;
    const struct limit *limit; /* average > 0 */
    struct str key;
    /* Called once on the loop's thread, maybe before redis_take returns. */
    void (*finish)(struct redis_call *call);
    const char *error; /* static; NULL: wait_ns counts */
    int64_t wait_ns;   /* until the token is there */
    /* The link's own: */
    struct redis_call *next;
    int64_t until_ns;
    bool whole; /* the script itself was sent */
};

struct redis_links;

struct redis_links *redis_links_create(uv_loop_t *loop);
/* Ends all calls and closes all connections; the loop must run once more before redis_links_destroy. */
void redis_links_stop(struct redis_links *links);
void redis_links_destroy(struct redis_links *links);

void redis_take(struct redis_links *links, struct redis_call *call);
