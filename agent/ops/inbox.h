/* Work that another thread has done, on its way back to the thread that asked for it. */
#pragma once

#include <pthread.h>
#include <stddef.h>

/* Part of a job. */
struct inbox_item {
    struct inbox_item *next;
    void (*finish)(struct inbox_item *item); /* on the owner's thread */
};

struct inbox {
    pthread_mutex_t lock;
    struct inbox_item *first, **last;
    void (*wake)(void *context); /* makes the owner call inbox_drain; from any thread */
    void *context;
};

void inbox_init(struct inbox *inbox, void (*wake)(void *context), void *context);
void inbox_fini(struct inbox *inbox);

/* From any thread. */
void inbox_put(struct inbox *inbox, struct inbox_item *item);

/* Finishes what has come, in order. */
void inbox_drain(struct inbox *inbox);
