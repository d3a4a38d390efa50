#include "ops/inbox.h"

void inbox_init(struct inbox *inbox, void (*wake)(void *context), void *context)
{
    *inbox = (struct inbox){ .wake = wake, .context = context };
    inbox->last = &inbox->first;
    pthread_mutex_init(&inbox->lock, NULL);
}

void inbox_fini(struct inbox *inbox)
{
    pthread_mutex_destroy(&inbox->lock);
}

void inbox_put(struct inbox *inbox, struct inbox_item *item)
{
    item->next = NULL;
    pthread_mutex_lock(&inbox->lock);
    *inbox->last = item;
    inbox->last = &item->next;
    pthread_mutex_unlock(&inbox->lock);
    inbox->wake(inbox->context);
}

void inbox_drain(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    struct inbox_item *item = inbox->first;
    inbox->first = NULL;
    inbox->last = &inbox->first;
    pthread_mutex_unlock(&inbox->lock);
    while (item) {
        struct inbox_item *next = item->next;
        item->finish(item);
        item = next;
    }
}
