/* Everything below the prefix at one revision, page by page. */
#pragma once

#include "etcd/client.h"
#include "etcd/position.h"
#include "etcd/watch.h"

/* Fetches all pairs: on ETCD_OK *batch is a full one that the caller owns, and *position says where it is.
 * The first page is linearizable, so what was written before the call is in it. first_page (may be NULL) is
 * called when the first page is there. */
struct etcd_fault etcd_list(struct etcd_client *client, struct etcd_batch **batch,
                            struct etcd_position *position, void (*first_page)(void *context), void *context);

/* The same of an older revision, which etcd has until it is compacted; batch->revision is that one. */
struct etcd_fault etcd_list_at(struct etcd_client *client, int64_t revision, struct etcd_batch **batch);
