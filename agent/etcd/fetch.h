/* One look at an older revision, apart from the watch: for `pin` and `rollback`. */
#pragma once

#include "etcd/watch.h"

/* Asks the endpoints in turn for all keys as they were at `revision`; waits for the answer, so it belongs on
 * a thread that may wait. The caller owns the batch (full, of that revision). NULL with a message: compacted,
 * not reached yet, or nobody answers. */
struct etcd_batch *etcd_fetch(const struct etcd_settings *settings, int64_t revision, char error[static 256]);
