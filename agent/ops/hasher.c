#include "ops/hasher.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "ops/password.h"
#include "sys/clock.h"

enum { QUEUE = 1024, SHARES = 64, SHARE = 128, NICENESS = 19 };

struct line {
    struct hash_job *first, **last;
    size_t n;
};

struct hasher {
    struct verified *verified;
    pthread_t *threads;
    int n_threads;
    pthread_mutex_t lock;
    pthread_cond_t ready;
    struct line lines[SHARES];
    size_t n, turn; /* the line whose turn it is */
    bool stop;
    atomic_size_t unfinished;
};

/* The first job of the next line that has one; under the lock, n > 0. */
static struct hash_job *take(struct hasher *h)
{
    while (h->lines[h->turn].n == 0)
        h->turn = (h->turn + 1) % SHARES;
    struct line *line = &h->lines[h->turn];
    struct hash_job *job = line->first;
    line->first = job->next;
    if (!line->first)
        line->last = &line->first;
    line->n--;
    h->n--;
    h->turn = (h->turn + 1) % SHARES;
    return job;
}

static void compute(struct hasher *h, struct hash_job *job)
{
    int64_t now_ns = clock_monotonic_ns();
    if (now_ns > job->until_ns) {
        job->result = HASH_NOT_TRIED;
    } else if (!job->hopeless && verified_has(h->verified, &job->tag, now_ns)) {
        job->result = HASH_RIGHT; /* several came with it at once, and the first is through */
    } else {
        bool right = password_check(job->hash, job->password) && !job->hopeless;
        job->result = right ? HASH_RIGHT : HASH_WRONG;
        if (right)
            verified_put(h->verified, &job->tag, clock_monotonic_ns());
    }
    atomic_fetch_sub_explicit(&h->unfinished, 1, memory_order_relaxed);
    inbox_put(job->inbox, &job->item);
}

static void *work(void *context)
{
    struct hasher *h = context;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* this thread's alone: requests come first */
    pthread_mutex_lock(&h->lock);
    while (!h->stop) {
        if (h->n == 0) {
            pthread_cond_wait(&h->ready, &h->lock);
            continue;
        }
        struct hash_job *job = take(h);
        pthread_mutex_unlock(&h->lock);
        compute(h, job);
        pthread_mutex_lock(&h->lock);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

struct hasher *hasher_create(int threads, struct verified *verified)
{
    sigset_t all, before;
    struct hasher *h = xmalloc(sizeof *h);
    *h = (struct hasher){ .verified = verified, .threads = xmalloc((size_t)threads * sizeof(pthread_t)) };
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->ready, NULL);
    for (size_t i = 0; i < SHARES; i++)
        h->lines[i].last = &h->lines[i].first;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the main thread */
    while (h->n_threads < threads && pthread_create(&h->threads[h->n_threads], NULL, work, h) == 0)
        h->n_threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return h;
}

void hasher_stop(struct hasher *h)
{
    pthread_mutex_lock(&h->lock);
    h->stop = true;
    pthread_cond_broadcast(&h->ready);
    pthread_mutex_unlock(&h->lock);
    /* Nothing is queued any more from here on: `stop` was set under the lock. */
    for (int i = 0; i < h->n_threads; i++)
        pthread_join(h->threads[i], NULL);
    while (h->n > 0) {
        struct hash_job *job = take(h);
        job->result = HASH_NOT_TRIED;
        atomic_fetch_sub_explicit(&h->unfinished, 1, memory_order_relaxed);
        inbox_put(job->inbox, &job->item);
    }
}

void hasher_destroy(struct hasher *h)
{
    if (!h)
        return;
    pthread_cond_destroy(&h->ready);
    pthread_mutex_destroy(&h->lock);
    free(h->threads);
    free(h);
}

bool hasher_submit(struct hasher *h, struct hash_job *job)
{
    pthread_mutex_lock(&h->lock);
    struct line *line = &h->lines[job->share % SHARES];
    bool room = h->n < QUEUE && line->n < SHARE && h->n_threads > 0 && !h->stop;
    if (room) {
        job->next = NULL;
        *line->last = job;
        line->last = &job->next;
        line->n++;
        h->n++;
        atomic_fetch_add_explicit(&h->unfinished, 1, memory_order_relaxed);
        pthread_cond_signal(&h->ready);
    }
    pthread_mutex_unlock(&h->lock);
    return room;
}

bool hasher_is_busy(const struct hasher *h)
{
    return atomic_load_explicit(&h->unfinished, memory_order_relaxed) > 0;
}

size_t hasher_queued(struct hasher *h)
{
    pthread_mutex_lock(&h->lock);
    size_t n = h->n;
    pthread_mutex_unlock(&h->lock);
    return n;
}
