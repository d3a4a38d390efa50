/* The receiver of a watch in tests: applies every batch to a copy of the store, and remembers what it saw.
 * The batches of one watch come on its thread; everything else may be asked from the test's. */
#pragma once

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "etcd/watch.h"
#include "kv/store.h"
#include "sys/clock.h"

enum { MIRROR_WAIT_S = 25 };

struct mirror {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct kv_store *store;
    int64_t revision;
    int full, partial; /* batches */
    size_t last_pairs, last_events;
    atomic_bool unsorted, empty_batch; /* faults of the contract */
};

static inline void mirror_init(struct mirror *m)
{
    *m = (struct mirror){ .store = kv_store_create(STR("traefik"), STR("etcd")) };
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->changed, NULL);
}

static inline void mirror_fini(struct mirror *m)
{
    ck_assert_msg(!m->unsorted, "a full batch must be sorted and unique");
    ck_assert_msg(!m->empty_batch, "a batch of changes must hold one");
    kv_store_destroy(m->store);
    pthread_mutex_destroy(&m->lock);
    pthread_cond_destroy(&m->changed);
}

static inline void mirror_apply(struct mirror *m, const struct etcd_batch *batch)
{
    for (size_t i = 1; i < batch->n_pairs; i++)
        if (str_cmp(batch->pairs[i - 1].key, batch->pairs[i].key) >= 0)
            m->unsorted = true;
    if (batch->full)
        kv_store_replace(m->store, batch->pairs, batch->n_pairs);
    for (size_t i = 0; i < batch->n_events; i++) {
        if (batch->events[i].deleted)
            kv_store_delete(m->store, batch->events[i].key);
        else
            kv_store_put(m->store, batch->events[i].key, batch->events[i].value);
    }
}

static inline void mirror_deliver(void *context, struct etcd_batch *batch)
{
    struct mirror *m = context;
    pthread_mutex_lock(&m->lock);
    mirror_apply(m, batch);
    m->revision = batch->revision;
    m->full += batch->full;
    m->partial += !batch->full;
    m->last_pairs = batch->n_pairs;
    m->last_events = batch->n_events;
    if (!batch->full && batch->n_events == 0)
        m->empty_batch = true;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
    etcd_batch_destroy(batch);
}

static inline void mirror_wake(void *context, enum etcd_state state)
{
    struct mirror *m = context;
    (void)state;
    pthread_mutex_lock(&m->lock);
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

static inline struct etcd_callbacks mirror_callbacks(struct mirror *m)
{
    return (struct etcd_callbacks){ .deliver = mirror_deliver, .state_changed = mirror_wake, .context = m };
}

/* Waits until the expression holds, with the lock held while it is asked; fails after a generous time. */
#define mirror_wait(m, ...)                                                                                  \
    do {                                                                                                     \
        int64_t end_ = clock_monotonic_ns() + MIRROR_WAIT_S * (int64_t)1000000000;                           \
        pthread_mutex_lock(&(m)->lock);                                                                      \
        bool holds_;                                                                                         \
        while (!(holds_ = (__VA_ARGS__)) && clock_monotonic_ns() < end_)                                     \
            mirror_doze(m);                                                                                  \
        pthread_mutex_unlock(&(m)->lock);                                                                    \
        ck_assert_msg(holds_, "waited in vain for: %s", #__VA_ARGS__);                                       \
    } while (0)

/* Until the mirror changes; not for long, since other things may have changed. */
static inline void mirror_doze(struct mirror *m)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += 10000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&m->changed, &m->lock, &end);
}

/* Whether the key has that value (NULL: is not there). With the lock held, so within mirror_wait. */
static inline bool mirror_has(struct mirror *m, const char *key, const char *value)
{
    struct kv_snapshot view = kv_store_view(m->store, m->revision);
    struct str found = kv_snapshot_get(&view, str_c(key));
    return value ? found.p && str_eq(found, str_c(value)) : !found.p;
}

static inline size_t mirror_count(struct mirror *m)
{
    return kv_store_view(m->store, m->revision).n;
}

static inline enum etcd_state watch_state(struct etcd_watch *watch)
{
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    return status.state;
}
