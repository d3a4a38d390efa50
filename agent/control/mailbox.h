/* Batches on their way from the etcd thread to the control loop. */
#pragma once

#include "etcd/watch.h"

struct mailbox;

/* `wake` is called (on the sender's thread) after each put; it must be safe from any thread. */
struct mailbox *mailbox_create(void (*wake)(void *context), void *context);
/* Also destroys batches that nobody took. */
void mailbox_destroy(struct mailbox *mailbox);

void mailbox_put(struct mailbox *mailbox, struct etcd_batch *batch);

/* The oldest batch, now the caller's, or NULL. */
struct etcd_batch *mailbox_take(struct mailbox *mailbox);

/* Whether there is one. */
bool mailbox_waits(struct mailbox *mailbox);
