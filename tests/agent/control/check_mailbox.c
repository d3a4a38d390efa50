#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>

#include "control/mailbox.h"

enum { LETTERS = 2000 };

static void count_wake(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

static struct etcd_batch *batch_of(int64_t revision)
{
    struct arena *arena = arena_create();
    struct etcd_batch *batch = ARENA_NEW(arena, struct etcd_batch);
    *batch = (struct etcd_batch){ .arena = arena, .revision = revision };
    return batch;
}

static void *send_letters(void *context)
{
    for (int i = 0; i < LETTERS; i++)
        mailbox_put(context, batch_of(i));
    return NULL;
}

START_TEST(letters_arrive_in_order_from_another_thread)
{
    atomic_int wakes = 0;
    pthread_t sender;
    struct mailbox *mailbox = mailbox_create(count_wake, &wakes);
    pthread_create(&sender, NULL, send_letters, mailbox);
    for (int64_t next = 0; next < LETTERS;) {
        struct etcd_batch *batch = mailbox_take(mailbox);
        if (!batch)
            continue;
        ck_assert_int_eq(batch->revision, next);
        next++;
        etcd_batch_destroy(batch);
    }
    pthread_join(sender, NULL);
    ck_assert_int_eq(wakes, LETTERS);
    ck_assert_ptr_null(mailbox_take(mailbox));
    mailbox_destroy(mailbox);
}
END_TEST

START_TEST(letters_that_nobody_took_are_released)
{
    atomic_int wakes = 0;
    struct mailbox *mailbox = mailbox_create(count_wake, &wakes);
    mailbox_put(mailbox, batch_of(1));
    mailbox_put(mailbox, batch_of(2));
    mailbox_destroy(mailbox);
    mailbox_destroy(NULL);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { letters_arrive_in_order_from_another_thread, 0 },
        { letters_that_nobody_took_are_released, 0 },
        { 0 },
    };
    return run_suite("mailbox", rows);
}
