#include "relay/relay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "relay/worker.h"

struct relay {
    char *folder, *inner;
    struct relay_worker *workers; /* do not move: their loops know them */
    int n_workers;
};

static char *copy(const char *text)
{
    char *out = xmalloc(strlen(text) + 1);
    return strcpy(out, text);
}

struct relay *relay_start(const struct relay_options *options, struct log *log, char error[static 256])
{
    assert(options->workers >= 1);
    struct relay *relay = xmalloc(sizeof *relay);
    *relay = (struct relay){ .workers = xmalloc((size_t)options->workers * sizeof *relay->workers) };
    relay->folder = copy(options->folder);
    relay->inner = copy(options->inner);
    for (; relay->n_workers < options->workers; relay->n_workers++)
        if (!relay_worker_start(&relay->workers[relay->n_workers], relay->folder, relay->n_workers,
                                relay->inner, log, error)) {
            relay_stop(relay);
            return NULL;
        }
    return relay;
}

void relay_stats(const struct relay *relay, struct relay_stats *out)
{
    *out = (struct relay_stats){ 0 };
    for (int i = 0; i < relay->n_workers; i++) {
        const struct relay_counters *c = &relay->workers[i].counters;
        out->requests += counter_get(&c->requests);
        out->open_requests += counter_get(&c->open_requests);
        out->broken += counter_get(&c->broken);
        out->aborted += counter_get(&c->aborted);
        out->copies += counter_get(&c->copies);
        out->open_copies += counter_get(&c->open_copies);
        out->copies_dropped += counter_get(&c->copies_dropped);
        out->failovers += counter_get(&c->failovers);
        out->pages += counter_get(&c->pages);
        out->compressed += counter_get(&c->compressed);
        out->retries += counter_get(&c->retries);
    }
}

void relay_stop(struct relay *relay)
{
    if (!relay)
        return;
    for (int i = 0; i < relay->n_workers; i++)
        relay_worker_stop(&relay->workers[i]);
    free(relay->workers);
    free(relay->folder);
    free(relay->inner);
    free(relay);
}
