#include "control/sources.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/file.h"
#include "kv/reader.h"

struct sources {
    const struct settings *settings;
    struct kv_store *etcd;
    int64_t revision;
    struct arena *file_arena;
    struct kv_snapshot file;
    uint64_t file_hash;
    struct sources_change change;
};

struct sources *sources_create(const struct settings *settings)
{
    struct sources *sources = xmalloc(sizeof *sources);
    *sources = (struct sources){ .settings = settings,
                                 .etcd = kv_store_create(settings->etcd.root_key, STR("etcd")) };
    return sources;
}

void sources_destroy(struct sources *sources)
{
    if (!sources)
        return;
    kv_store_destroy(sources->etcd);
    arena_destroy(sources->file_arena);
    free(sources);
}

bool sources_take(struct sources *sources, const struct etcd_batch *batch)
{
    bool changed = false;
    if (batch->full)
        changed = kv_store_replace(sources->etcd, batch->pairs, batch->n_pairs);
    for (size_t i = 0; !batch->full && i < batch->n_events; i++) {
        const struct etcd_event *event = &batch->events[i];
        sources->change.deleted += event->deleted;
        bool did = event->deleted ? kv_store_delete(sources->etcd, event->key)
                                  : kv_store_put(sources->etcd, event->key, event->value);
        changed = changed || did;
    }
    sources->change.listed = sources->change.listed || batch->full;
    sources->revision = batch->revision;
    return changed;
}

void sources_restore(struct sources *sources, const struct kv_snapshot *snapshot)
{
    kv_store_replace(sources->etcd, snapshot->pairs, snapshot->n);
    sources->revision = snapshot->revision;
}

bool sources_read_file(struct sources *sources, char error[static 512])
{
    char path[4096];
    struct buf bytes = { 0 };
    error[0] = '\0';
    snprintf(path, sizeof path, "%.*s", STR_ARG(sources->settings->file.filename));
    if (!file_read(path, KV_MAX_BYTES, &bytes)) {
        snprintf(error, 512, "cannot read %.400s (providers.file.filename)", path);
        buf_fini(&bytes);
        return false;
    }
    uint64_t hash = hash_bytes(buf_str(&bytes));
    bool changed = !sources->file_arena || hash != sources->file_hash;
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 1);
    struct kv_snapshot snapshot = { 0 };
    if (changed && !kv_read(arena, arena_copy(arena, buf_str(&bytes)), KV_FORMAT_FILE, str_c(path), STR("traefik"), &snapshot,
                            diag)) {
        const struct finding *f = diag_total(diag) ? diag_get(diag, 0) : NULL;
        snprintf(error, 512, "%.200s: %.*s", path, f ? (int)f->message.n : 9, f ? f->message.p : "not valid");
        changed = false;
    }
    if (changed) {
        arena_destroy(sources->file_arena);
        sources->file_arena = arena;
        sources->file = snapshot;
        sources->file_hash = hash;
    } else {
        arena_destroy(arena);
    }
    buf_fini(&bytes);
    return changed;
}

bool sources_file(const struct sources *sources, struct kv_snapshot *out)
{
    if (sources->file_arena)
        *out = sources->file;
    return sources->file_arena != NULL;
}

struct sources_change sources_change(const struct sources *sources)
{
    return sources->change;
}

void sources_mark(struct sources *sources)
{
    sources->change = (struct sources_change){ 0 };
}

struct kv_snapshot sources_etcd(const struct sources *sources)
{
    return kv_store_view(sources->etcd, sources->revision);
}

int64_t sources_revision(const struct sources *sources)
{
    return sources->revision;
}
