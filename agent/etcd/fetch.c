#include "etcd/fetch.h"

#include <stdio.h>

#include "etcd/list.h"

/* Not to be asked of another member: all of them have the same history. */
static bool is_final(enum etcd_fault_kind kind)
{
    return kind == ETCD_OK || kind == ETCD_FAULT_COMPACTED || kind == ETCD_FAULT_FUTURE ||
           etcd_fault_remedy(kind) == ETCD_ASK_OPERATOR;
}

static struct etcd_batch *fetch(const struct etcd_config *config, struct etcd_http *http, int64_t revision,
                                char error[static 256])
{
    const atomic_bool never = false;
    struct etcd_client client = { .http = http, .config = config, .stop = &never };
    struct etcd_batch *batch = NULL;
    struct etcd_fault fault = { 0 };
    for (size_t i = 0; i < config->n_endpoints; i++) {
        fault = etcd_list_at(&client, revision, &batch);
        if (is_final(fault.kind))
            break;
        etcd_client_rotate(&client);
    }
    if (fault.kind == ETCD_FAULT_COMPACTED || fault.kind == ETCD_FAULT_FUTURE)
        snprintf(error, 256, "etcd has no revision %lld: %.150s", (long long)revision, fault.text);
    else if (fault.kind)
        snprintf(error, 256, "etcd does not tell: %.200s", fault.text);
    etcd_client_fini(&client);
    return batch;
}

struct etcd_batch *etcd_fetch(const struct etcd_settings *settings, int64_t revision, char error[static 256])
{
    struct arena *arena = arena_create();
    struct etcd_config config = { 0 };
    struct etcd_batch *batch = NULL;
    error[0] = '\0';
    if (etcd_config_read(arena, settings, &config, error)) {
        struct etcd_http *http = etcd_http_create(&config);
        if (http)
            batch = fetch(&config, http, revision, error);
        etcd_http_destroy(http);
    }
    explicit_bzero((void *)(uintptr_t)config.password.p, config.password.n);
    arena_destroy(arena);
    return batch;
}
