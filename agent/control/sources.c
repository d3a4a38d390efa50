#include "control/sources.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/file.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "kv/reader.h"

enum { MOST_CHANGES = 4096 }; /* that are told key by key */

/* Key by key: how it was when the tree was taken last, and how it is. */
struct change_log {
    struct arena *arena;
    struct strmap *places; /* of a key's change: place + 1 */
    VEC(struct kv_change) changes;
    bool overflowed;
};

struct sources {
    const struct settings *settings;
    struct kv_store *etcd;
    int64_t revision;
    struct arena *file_arena;
    struct kv_snapshot file;
    uint64_t file_hash;
    struct sources_change change;
    struct change_log log;
};

static void log_clear(struct change_log *log, bool overflowed)
{
    arena_destroy(log->arena);
    log->arena = NULL;
    log->changes.n = 0;
    log->overflowed = overflowed;
}

static void log_change(struct change_log *log, struct str key, struct str before, struct str after)
{
    if (log->overflowed || log->changes.n == MOST_CHANGES) {
        log_clear(log, true);
        return;
    }
    if (!log->arena) {
        log->arena = arena_create();
        log->places = strmap_create(log->arena, 16);
    }
    size_t at = (uintptr_t)strmap_get(log->places, key);
    if (after.p)
        after = arena_copy(log->arena, after);
    if (at) {
        log->changes.p[at - 1].after = after;
        return;
    }
    struct kv_change change = { arena_copy(log->arena, key), before, after };
    if (before.p)
        change.before = arena_copy(log->arena, before);
    vec_push(&log->changes, change);
    strmap_put(log->places, change.key, (void *)(uintptr_t)log->changes.n);
}

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
    log_clear(&sources->log, true);
    vec_fini(&sources->log.changes);
    arena_destroy(sources->file_arena);
    free(sources);
}

static bool take_event(struct sources *sources, const struct etcd_event *event)
{
    struct str before = kv_store_get(sources->etcd, event->key), none = { 0 };
    if (event->deleted ? !before.p : before.p && str_eq(before, event->value))
        return false;
    log_change(&sources->log, event->key, before, event->deleted ? none : event->value);
    return event->deleted ? kv_store_delete(sources->etcd, event->key)
                          : kv_store_put(sources->etcd, event->key, event->value);
}

bool sources_take(struct sources *sources, const struct etcd_batch *batch)
{
    bool changed = false;
    if (batch->full) {
        changed = kv_store_replace(sources->etcd, batch->pairs, batch->n_pairs);
        if (changed)
            log_clear(&sources->log, true);
    }
    for (size_t i = 0; !batch->full && i < batch->n_events; i++) {
        const struct etcd_event *event = &batch->events[i];
        sources->change.deleted += event->deleted;
        changed = take_event(sources, event) || changed;
    }
    sources->change.listed = sources->change.listed || batch->full;
    sources->revision = batch->revision;
    return changed;
}

void sources_restore(struct sources *sources, const struct kv_snapshot *snapshot)
{
    kv_store_replace(sources->etcd, snapshot->pairs, snapshot->n);
    log_clear(&sources->log, true);
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
    if (changed && !kv_read(arena, arena_copy(arena, buf_str(&bytes)), KV_FORMAT_FILE, str_c(path),
                            STR("traefik"), &snapshot, diag)) {
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

bool sources_log(const struct sources *sources, const struct kv_change **changes, size_t *n)
{
    *changes = sources->log.changes.p;
    *n = sources->log.changes.n;
    return !sources->log.overflowed;
}

void sources_taken(struct sources *sources)
{
    log_clear(&sources->log, false);
}

const struct kv_store *sources_store(const struct sources *sources)
{
    return sources->etcd;
}

struct kv_snapshot sources_etcd(const struct sources *sources)
{
    return kv_store_view(sources->etcd, sources->revision);
}

int64_t sources_revision(const struct sources *sources)
{
    return sources->revision;
}
