/* The standard error of a HAProxy that we started: every line to the log, the last ones kept for error
 * messages. Read on a thread of its own, because HAProxy waits where nobody reads, and it may have to say
 * more than a pipe holds while we wait for it (each server that is added or removed makes two lines). */
#pragma once

#include "base/buf.h"
#include "sys/log.h"

struct tail;

/* *write_end is for the process; the caller closes it after the start. NULL and errno set where there is no
 * pipe or thread. */
struct tail *tail_start(struct log *log, int *write_end);

/* Where the text stands now; for tail_since. */
uint64_t tail_mark(struct tail *tail);

/* Appends what came after the mark, as far as it is kept (the last 32 kB at least). */
void tail_since(struct tail *tail, uint64_t mark, struct buf *out);

/* Reads what is there already, ends the thread; the text stays. */
void tail_stop(struct tail *tail);

/* Stops, and releases everything. NULL is allowed. */
void tail_destroy(struct tail *tail);
