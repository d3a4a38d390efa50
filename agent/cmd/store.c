#include "cmd/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/store_settings.h"
#include "etcd/list.h"
#include "etcd/wire.h"

struct store {
    struct arena *arena;
    struct etcd_config config;
    struct etcd_client client;
    atomic_bool stop; /* never set: signals end the process */
    struct etcd_batch *batch;
    struct str root;
};

struct store *store_open(const struct settings *settings, char error[static 512])
{
    struct etcd_settings etcd = store_settings(settings);
    if (!settings->etcd.on) {
        snprintf(error, 512, "which etcd? Name it: --providers.etcd.endpoints=host:port");
        return NULL;
    }
    struct store *store = xmalloc(sizeof *store);
    *store = (struct store){ .arena = arena_create(), .root = settings->etcd.root_key };
    if (!etcd_config_read(store->arena, &etcd, &store->config, error)) {
        store_close(store);
        return NULL;
    }
    store->client.config = &store->config;
    store->client.stop = &store->stop;
    store->client.http = etcd_http_create(&store->config);
    if (!store->client.http) {
        snprintf(error, 512, "libcurl does not start");
        store_close(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->batch)
        etcd_batch_destroy(store->batch);
    etcd_client_fini(&store->client);
    etcd_http_destroy(store->client.http);
    arena_destroy(store->arena);
    free(store);
}

static void describe(const struct store *store, const struct etcd_fault *fault, char error[static 512])
{
    struct etcd_place place = { etcd_client_endpoint(&store->client), store->config.username,
                                store->config.prefix };
    etcd_fault_describe(fault, &place, error, 512);
}

bool store_list(struct store *store, struct kv_snapshot *out, char error[static 512])
{
    for (size_t tries = 0; tries < store->config.n_endpoints; tries++) {
        struct etcd_position position;
        struct etcd_fault fault = etcd_list(&store->client, &store->batch, &position, NULL, NULL);
        if (fault.kind == ETCD_OK) {
            *out = (struct kv_snapshot){ .pairs = store->batch->pairs,
                                         .n = store->batch->n_pairs,
                                         .revision = store->batch->revision,
                                         .root = store->root,
                                         .provider = STR("etcd") };
            return true;
        }
        describe(store, &fault, error);
        if (etcd_fault_remedy(fault.kind) != ETCD_RECONNECT)
            break;
        etcd_client_rotate(&store->client);
    }
    return false;
}

enum store_outcome store_commit(struct store *store, const struct store_op *ops, size_t n, int64_t *revision,
                                char error[static 512])
{
    struct buf body = { 0 }, answer = { 0 };
    struct etcd_txn_op *wire = ARENA_ARRAY(store->arena, struct etcd_txn_op, n);
    for (size_t i = 0; i < n; i++)
        wire[i] = (struct etcd_txn_op){ .key = ops[i].key, .end = ops[i].end, .value = ops[i].value };
    etcd_put_txn_request(&body, &(struct etcd_txn_request){ .key = store->config.prefix,
                                                            .end = store->config.prefix_end,
                                                            .unchanged_since = *revision,
                                                            .ops = wire,
                                                            .n_ops = n });
    struct etcd_fault fault = etcd_client_call(&store->client, ETCD_PATH_TXN, buf_str(&body), &answer);
    enum store_outcome outcome = STORE_FAILED;
    struct etcd_txn txn = { 0 };
    if (fault.kind == ETCD_OK && !etcd_read_txn(buf_str(&answer), &txn))
        fault = etcd_fault_make(ETCD_FAULT_ANSWER, str_head(buf_str(&answer), 80));
    if (fault.kind)
        describe(store, &fault, error);
    else
        outcome = txn.succeeded ? STORE_DONE : STORE_CHANGED;
    if (outcome == STORE_DONE)
        *revision = txn.header.revision;
    buf_fini(&body);
    buf_fini(&answer);
    return outcome;
}
