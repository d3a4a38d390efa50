#include "control/helm.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "control/history.h"
#include "control/state_folder.h"
#include "sys/clock.h"

enum { FEW_DELETED = 10, LARGEST_ORDERS = 1 << 16 };

struct helm {
    const struct settings *settings;
    struct sources *sources;
    const char *folder;
    struct log *log;
    struct arena *pin_arena, *base_arena;
    struct kv_snapshot pin;  /* if pin_arena */
    struct kv_snapshot base; /* if base_arena: what is served while something else is held, or was served by
                                an earlier daemon */
    bool held;
    int64_t confirmed; /* that revision may be served; 0: none */
    bool apart; /* what is served is no earlier state of the sources' tree: changes do not tell the difference
                 */
    bool chose_newest;
    double held_since;
    int64_t held_revision;
    struct guard_verdict verdict;
};

struct helm *helm_create(const struct settings *settings, struct sources *sources, const char *folder,
                         struct log *log)
{
    struct helm *helm = xmalloc(sizeof *helm);
    *helm = (struct helm){ .settings = settings, .sources = sources, .folder = folder, .log = log };
    return helm;
}

void helm_destroy(struct helm *helm)
{
    if (!helm)
        return;
    arena_destroy(helm->pin_arena);
    arena_destroy(helm->base_arena);
    free(helm);
}

static void orders_path(const struct helm *helm, char out[static 4300])
{
    snprintf(out, 4300, "%.4096s/" STATE_ORDERS, helm->folder);
}

static void save_orders(struct helm *helm)
{
    char path[4300];
    struct buf out = { 0 };
    orders_path(helm, path);
    buf_printf(&out, "{\"version\":1,\"pinned\":%" PRId64 ",\"heldSince\":%.3f}\n",
               helm->pin_arena ? helm->pin.revision : 0, helm->held ? helm->held_since : 0.0);
    if (!file_write(path, buf_str(&out), 0600, helm->settings->state.sync))
        log_line(helm->log, LOG_LINE_ERROR, "state",
                 "cannot write %s: %s; a restart would not know what was ordered", path, strerror(errno));
    buf_fini(&out);
}

static void read_orders(struct helm *helm, int64_t *pinned)
{
    char path[4300];
    struct buf text = { 0 };
    struct json_object *root = NULL, *value;
    orders_path(helm, path);
    if (file_read(path, LARGEST_ORDERS, &text))
        root = json_tokener_parse(text.p ? text.p : "");
    if (json_object_object_get_ex(root, "pinned", &value))
        *pinned = json_object_get_int64(value);
    if (json_object_object_get_ex(root, "heldSince", &value))
        helm->held_since = json_object_get_double(value);
    json_object_put(root);
    buf_fini(&text);
}

static void restore_pin(struct helm *helm, int64_t revision)
{
    struct arena *arena = arena_create();
    struct kv_snapshot kept;
    bool found = helm->base_arena && helm->base.revision == revision;
    if (found)
        kept = kv_snapshot_copy(arena, &helm->base);
    else
        found = history_load(helm->folder, arena, helm->settings->etcd.root_key, revision, &kept);
    if (found) {
        kept.provider = STR("etcd");
        helm->pin_arena = arena;
        helm->pin = kept;
        log_line(helm->log, LOG_LINE_WARN, "helm",
                 "revision %" PRId64 " is pinned: `maitred unpin` ends that", revision);
        return;
    }
    log_line(helm->log, LOG_LINE_ERROR, "helm",
             "revision %" PRId64 " was pinned, but its tree is not kept any more", revision);
    arena_destroy(arena);
}

void helm_restore(struct helm *helm, const struct kv_snapshot *last)
{
    int64_t pinned = 0;
    if (last) {
        helm->base_arena = arena_create();
        helm->base = kv_snapshot_copy(helm->base_arena, last);
        helm->base.provider = STR("etcd");
        helm->apart = true;
    }
    read_orders(helm, &pinned);
    if (pinned > 0)
        restore_pin(helm, pinned);
}

static void let_go(struct helm *helm)
{
    if (helm->apart && !sources_change(helm->sources).listed)
        return; /* after a restart, and the store has not been heard yet: what was held may be held again */
    if (helm->held)
        log_line(helm->log, LOG_LINE_INFO, "guard", "revision %" PRId64 " is served now",
                 sources_revision(helm->sources));
    bool was_kept = helm->held || helm->held_since > 0;
    helm->held = false;
    helm->held_since = 0;
    if (was_kept)
        save_orders(helm);
}

static void hold(struct helm *helm, const struct generation *served)
{
    helm->held_revision = sources_revision(helm->sources);
    if (served && !helm->base_arena) {
        struct arena *scratch = arena_create();
        struct kv_snapshot tree = generation_tree(served, scratch);
        helm->base_arena = arena_create();
        helm->base = kv_snapshot_copy(helm->base_arena, &tree);
        arena_destroy(scratch);
    }
    if (helm->held)
        return;
    helm->held = true;
    if (helm->held_since <= 0)
        helm->held_since = clock_wall();
    log_line(
        helm->log, LOG_LINE_ERROR, "guard",
        "revision %" PRId64
        " would take %zu of %zu routers away: it is held, the old routes stay; `maitred confirm` serves it",
        helm->held_revision, helm->verdict.removed, helm->verdict.routers);
    save_orders(helm);
}

/* Too little has happened to ask whether the newest tree must wait. */
static bool is_harmless(const struct helm *helm)
{
    struct sources_change change = sources_change(helm->sources);
    return !helm->held && !helm->apart && !change.listed && change.deleted <= FEW_DELETED;
}

static bool judge(struct helm *helm, const struct kv_snapshot *base, const struct kv_snapshot *newest)
{
    struct guard_rule rule = { helm->settings->guard.max_delete, sources_change(helm->sources).listed,
                               helm->held || helm->held_since > 0 };
    helm->verdict = guard_judge(base, newest, &rule);
    return helm->verdict.hold;
}

/* Whether the newest tree must wait. */
static bool must_hold(struct helm *helm, const struct generation *served, const struct kv_snapshot *newest)
{
    if ((!helm->base_arena && !served) ||
        (helm->confirmed && helm->confirmed == sources_revision(helm->sources)))
        return false;
    if (is_harmless(helm))
        return false;
    if (helm->base_arena)
        return judge(helm, &helm->base, newest);
    struct arena *scratch = arena_create();
    struct kv_snapshot tree = generation_tree(served, scratch);
    bool hold = judge(helm, &tree, newest);
    arena_destroy(scratch);
    return hold;
}

bool helm_follow(struct helm *helm)
{
    struct kv_snapshot file;
    bool follows = helm->settings->etcd.on && !sources_file(helm->sources, &file) && !helm->pin_arena &&
                   !helm->base_arena && helm->held_since <= 0 && is_harmless(helm);
    if (follows)
        helm->chose_newest = true;
    return follows;
}

bool helm_chose_newest(const struct helm *helm)
{
    return helm->chose_newest;
}

size_t helm_choose(struct helm *helm, const struct generation *served, struct kv_snapshot out[static 2])
{
    size_t n = sources_file(helm->sources, out);
    struct kv_snapshot newest = sources_etcd(helm->sources);
    helm->chose_newest = false;
    if (helm->pin_arena) {
        out[n++] = helm->pin;
    } else if (helm->settings->etcd.on && must_hold(helm, served, &newest)) {
        hold(helm, served);
        out[n++] = helm->base;
    } else {
        let_go(helm);
        helm->chose_newest = true;
        out[n++] = newest;
    }
    return n;
}

void helm_served_late(struct helm *helm)
{
    if (!helm->chose_newest)
        return;
    helm->confirmed = 0;
    arena_destroy(helm->base_arena);
    helm->base_arena = NULL;
}

void helm_served(struct helm *helm)
{
    if (!helm->chose_newest)
        return;
    helm_served_late(helm);
    helm->apart = false;
    sources_mark(helm->sources);
}

bool helm_confirm(struct helm *helm)
{
    bool any = helm->held && !helm->pin_arena;
    if (any)
        helm->confirmed = helm->held_revision;
    return any;
}

void helm_pin(struct helm *helm, struct arena *arena, const struct kv_snapshot *tree)
{
    arena_destroy(helm->pin_arena);
    arena_destroy(helm->base_arena);
    helm->base_arena = NULL;
    helm->pin_arena = arena;
    helm->pin = *tree;
    helm->pin.provider = STR("etcd");
    helm->apart = true;
    helm->held = false;
    helm->held_since = 0;
    helm->confirmed = 0;
    save_orders(helm);
}

bool helm_unpin(struct helm *helm)
{
    if (!helm->pin_arena)
        return false;
    /* What was pinned goes on being served if the guard holds the newest tree. */
    arena_destroy(helm->base_arena);
    helm->base_arena = helm->pin_arena;
    helm->base = helm->pin;
    helm->pin_arena = NULL;
    helm->apart = true;
    save_orders(helm);
    return true;
}

struct helm_status helm_status(const struct helm *helm)
{
    return (struct helm_status){ .pinned = helm->pin_arena ? helm->pin.revision : 0,
                                 .held = helm->held,
                                 .held_since = helm->held_since,
                                 .held_revision = helm->held_revision,
                                 .verdict = helm->verdict };
}
