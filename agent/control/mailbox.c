#include "control/mailbox.h"

#include <pthread.h>
#include <stdlib.h>

struct letter {
    struct letter *next;
    struct etcd_batch *batch;
};

struct mailbox {
    pthread_mutex_t lock;
    struct letter *first, **last;
    void (*wake)(void *context);
    void *context;
};

struct mailbox *mailbox_create(void (*wake)(void *context), void *context)
{
    struct mailbox *mailbox = xmalloc(sizeof *mailbox);
    *mailbox = (struct mailbox){ .wake = wake, .context = context };
    mailbox->last = &mailbox->first;
    pthread_mutex_init(&mailbox->lock, NULL);
    return mailbox;
}

void mailbox_destroy(struct mailbox *mailbox)
{
    if (!mailbox)
        return;
    for (struct etcd_batch *batch; (batch = mailbox_take(mailbox));)
        etcd_batch_destroy(batch);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

void mailbox_put(struct mailbox *mailbox, struct etcd_batch *batch)
{
    struct letter *letter = xmalloc(sizeof *letter);
    *letter = (struct letter){ .batch = batch };
    pthread_mutex_lock(&mailbox->lock);
    *mailbox->last = letter;
    mailbox->last = &letter->next;
    pthread_mutex_unlock(&mailbox->lock);
    mailbox->wake(mailbox->context);
}

struct etcd_batch *mailbox_take(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    struct letter *letter = mailbox->first;
    if (letter) {
        mailbox->first = letter->next;
        if (!mailbox->first)
            mailbox->last = &mailbox->first;
    }
    pthread_mutex_unlock(&mailbox->lock);
    struct etcd_batch *batch = letter ? letter->batch : NULL;
    free(letter);
    return batch;
}

bool mailbox_waits(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    bool any = mailbox->first != NULL;
    pthread_mutex_unlock(&mailbox->lock);
    return any;
}
