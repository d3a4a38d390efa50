/* What `maitred status --json` prints. */
#pragma once

#include "base/buf.h"
#include "control/helm.h"
#include "control/pusher.h"
#include "control/since.h"
#include "etcd/watch.h"
#include "names/names.h"
#include "relay/relay.h"

struct report {
    const struct settings *settings;
    const char *folder;
    double started; /* seconds since 1970 */
    int64_t revision_seen;
    const struct pusher *pusher;
    const struct haproxy *haproxy;
    struct prober *prober;
    const struct etcd_status *etcd; /* NULL: no etcd provider */
    const struct agent_stats *agent;
    int64_t agent_failures; /* -1: unknown */
    const struct relay_stats *relay;
    const char *file_error; /* of the file provider, empty: none */
    struct helm_status helm;
    struct names_counts names;
    const struct since *since;
};

void report_print(struct buf *out, const struct report *report);
