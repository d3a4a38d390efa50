/* Threads that compute slow password hashes, off the event loops. The queue is bounded, and no client address
 * gets more than a share of it or more than its turn: who tries passwords by the thousand waits behind
 * himself. */
#pragma once

#include <stdint.h>

#include "ops/inbox.h"
#include "ops/verified.h"

struct hasher;

enum hash_result { HASH_NOT_TRIED, HASH_WRONG, HASH_RIGHT };

struct hash_job {
    struct inbox_item item; /* item.finish is called on the owner's thread; it finds `result` */
    struct inbox *inbox;
    struct str hash, password; /* stay where they are until the job is finished */
    bool hopeless;             /* the result is HASH_WRONG whatever comes out: an unknown user's */
    struct verified_tag tag;
    unsigned share;   /* of the queue: any hash of the client's address */
    int64_t until_ns; /* later nobody waits any more */
    enum hash_result result;
    struct hash_job *next;
};

/* `verified` learns what is right, and is asked again before a hash is computed. */
struct hasher *hasher_create(int threads, struct verified *verified);

/* Waits for the hashes that are being computed; those that wait come back as HASH_NOT_TRIED, and no more are
 * taken. */
void hasher_stop(struct hasher *hasher);
/* Of one that was stopped. NULL is allowed. */
void hasher_destroy(struct hasher *hasher);

/* false: the queue, or the client's share of it, is full. */
bool hasher_submit(struct hasher *hasher, struct hash_job *job);

/* Whether any hash waits or is being computed; cheap. */
bool hasher_is_busy(const struct hasher *hasher);

/* How many wait. */
size_t hasher_queued(struct hasher *hasher);
