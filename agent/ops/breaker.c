#include "ops/breaker.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/breaker_condition.h"

enum breaker_state { CLOSED, OPEN, RECOVERING };

struct breaker {
    pthread_mutex_t lock; /* guards all below */
    struct breaker_condition *condition;
    struct breaker_times times;
    struct breaker_metrics metrics;
    enum breaker_state state;
    int64_t until_ns, checked_ns; /* of the state; when to look again */
    int64_t allowed, denied;      /* while it recovers */
};

/* Of which no sum with a clock overflows. */
static int64_t bounded(int64_t ns)
{
    return ns < INT64_MAX / 4 ? ns : INT64_MAX / 4;
}

struct breaker *breaker_create(struct json_object *condition, const struct breaker_times *times)
{
    struct breaker_condition *read = breaker_condition_create(condition);
    if (!read)
        return NULL;
    struct breaker *breaker = xmalloc(sizeof *breaker);
    *breaker = (struct breaker){ .condition = read,
                                 .times = { .check_ns = bounded(times->check_ns),
                                            .fallback_ns = bounded(times->fallback_ns),
                                            .recovery_ns = bounded(times->recovery_ns) } };
    pthread_mutex_init(&breaker->lock, NULL);
    breaker_metrics_init(&breaker->metrics, breaker_condition_wants_latency(read));
    return breaker;
}

void breaker_destroy(struct breaker *breaker)
{
    if (!breaker)
        return;
    breaker_metrics_fini(&breaker->metrics);
    breaker_condition_destroy(breaker->condition);
    pthread_mutex_destroy(&breaker->lock);
    free(breaker);
}

/* A share that grows from nothing to a half of all (oxy's ratioController). */
static bool recovers(struct breaker *b, int64_t now_ns)
{
    int64_t began_ns = b->until_ns - b->times.recovery_ns;
    double wanted = 0.5 * (double)(now_ns - began_ns) / (double)b->times.recovery_ns;
    bool allowed = (double)(b->allowed + 1) / (double)(b->allowed + 1 + b->denied) < wanted;
    b->allowed += allowed;
    b->denied += !allowed;
    return allowed;
}

static bool decide(struct breaker *b, int64_t now_ns)
{
    if (b->state == CLOSED)
        return true;
    if (b->state == OPEN && now_ns < b->until_ns)
        return false;
    if (b->state == OPEN) {
        b->state = RECOVERING;
        b->until_ns = now_ns + b->times.recovery_ns;
        b->allowed = b->denied = 0;
    }
    if (now_ns <= b->until_ns)
        return recovers(b, now_ns);
    b->state = CLOSED;
    return true;
}

bool breaker_lets_pass(struct breaker *b, int64_t now_ns)
{
    pthread_mutex_lock(&b->lock);
    bool passes = decide(b, now_ns);
    pthread_mutex_unlock(&b->lock);
    return passes;
}

void breaker_record(struct breaker *b, int status, int64_t latency_ns, int64_t now_ns)
{
    pthread_mutex_lock(&b->lock);
    breaker_metrics_record(&b->metrics, status, latency_ns, now_ns);
    if (now_ns > b->checked_ns) {
        b->checked_ns = now_ns + b->times.check_ns;
        if (b->state != OPEN && breaker_condition_holds(b->condition, &b->metrics, now_ns)) {
            b->state = OPEN;
            b->until_ns = now_ns + b->times.fallback_ns;
            breaker_metrics_reset(&b->metrics, now_ns);
        }
    }
    pthread_mutex_unlock(&b->lock);
}
