/* A workbench: a program "p", the tools, and a thread that asks and waits for what takes time. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "ops/hasher.h"
#include "ops/nonces.h"
#include "ops/verdict.h"
#include "suite.h"
#include "sys/clock.h"

struct bench {
    struct program_set *set;
    struct tools tools;
    struct inbox inbox;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool mail;
    int waits; /* how often an op took time */
};

static inline void bench_wake(void *context)
{
    struct bench *b = context;
    pthread_mutex_lock(&b->lock);
    b->mail = true;
    pthread_cond_signal(&b->woken);
    pthread_mutex_unlock(&b->lock);
}

static inline void bench_load(struct bench *b, const char *ops)
{
    static char json[1 << 16];
    char error[256] = "";
    snprintf(json, sizeof json, "{\"version\":1,\"programs\":{\"p\":{\"ops\":[%s]}}}", ops);
    program_set_release(b->set);
    b->set = program_set_parse(str_c(json), error);
    ck_assert_msg(b->set != NULL, "%s", error);
}

static inline void bench_open(struct bench *b, const char *ops)
{
    *b = (struct bench){ 0 };
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->woken, NULL);
    inbox_init(&b->inbox, bench_wake, b);
    b->tools.limiter = limiter_create(64);
    b->tools.verified = verified_create();
    b->tools.nonces = nonces_create(64);
    b->tools.hasher = hasher_create(2, b->tools.verified);
    b->tools.inbox = &b->inbox;
    bench_load(b, ops);
}

static inline void bench_close(struct bench *b)
{
    hasher_stop(b->tools.hasher);
    inbox_drain(&b->inbox);
    hasher_destroy(b->tools.hasher);
    nonces_destroy(b->tools.nonces);
    verified_destroy(b->tools.verified);
    limiter_destroy(b->tools.limiter);
    program_set_release(b->set);
    inbox_fini(&b->inbox);
}

struct bench_wait {
    struct waiting waiting;
    bool over;
};

static inline void bench_done(struct waiting *waiting, bool passed)
{
    struct bench_wait *w = (struct bench_wait *)(void *)waiting;
    if (passed && !decision_run(&waiting->decision))
        decision_wait(waiting);
    else
        w->over = true;
}

static inline void bench_sleep(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    while (!b->mail)
        pthread_cond_wait(&b->woken, &b->lock);
    b->mail = false;
    pthread_mutex_unlock(&b->lock);
    inbox_drain(&b->inbox);
}

/* The verdict is initialised here; verdict_fini releases it. */
static inline void bench_ask(struct bench *b, const struct request *request, struct verdict *out)
{
    verdict_init(out);
    struct decision d =
        decision_begin(program_set_find(b->set, STR("p")), request, &b->tools, clock_monotonic_ns(), out);
    struct bench_wait w = { .waiting.done = bench_done };
    if (decision_run(&d)) {
        decision_end(&d);
        return;
    }
    b->waits++;
    w.waiting.decision = d;
    decision_wait(&w.waiting);
    while (!w.over)
        bench_sleep(b);
    decision_end(&w.waiting.decision);
}

static inline struct str verdict_header(const struct verdict *v, const char *name)
{
    for (size_t i = 0; i < v->n_headers; i++)
        if (strcmp(v->headers[i].name, name) == 0)
            return v->headers[i].value;
    return (struct str){ 0 };
}
