/* Shared by the files of the applier (apply, servers, routes, maps, read); nobody else includes it. */
#pragma once

#include "base/arena.h"
#include "base/strmap.h"
#include "haproxy/apply.h"
#include "haproxy/batch.h"
#include "haproxy/reply.h"
#include "haproxy/retired.h"
#include "haproxy/waiting.h"

struct applier {
    struct runtime runtime;
    struct str routes_map;          /* as in the configuration */
    struct str map_word;            /* the same as a word of a command */
    struct str revision_word;       /* of the map of the revision */
    struct str tls_folder;          /* of the files that servers are reached with */
    struct haproxy_version version; /* of the worker; major 0: not asked yet */
    struct log *log;
    struct applier_map {
        struct str name, word; /* as above */
    } maps[PLAN_MAPS];
    struct retired retired; /* entries of those that no record needs, still there for requests on their way */
    struct waiting waiting; /* servers in maintenance, to be deleted when their last connection ends */
    struct applier_counts counts;
    struct arena *arena; /* of this struct */
};

/* What happens in the round trip that commits the routes: servers of backends that are in use already come
 * into use, change and go out of use there, so that no request meets the routes of one tree and the servers
 * of another for longer than HAProxy takes from one command to the next. */
struct turn {
    const struct steps *steps;
    const struct runtime_state *before, *to; /* before: NULL: not known, nothing waits for the turn */
    const struct target *targets;            /* servers that come into use or change; of target_steps */
    const struct step *target_steps;
    size_t n_targets, read_back;
    bool done;
};

/* One run: its memory, its commands, its message. */
struct push {
    struct applier *applier;
    struct arena *arena;
    struct batch *batch;
    char *error; /* 256 bytes */
    struct turn turn;
    const struct step
        *alone; /* records that have two meanings now: what each will say alone; `number` counts */
    size_t n_alone;
    int64_t number;
};

/* Runs push->batch; on failure the message names what was being done. */
enum apply_status push_batch(struct push *push, const char *doing);

/* The status for a failed call: unreachable only if HAProxy does not answer now either. */
enum apply_status push_failed(struct push *push, enum runtime_status status, const char *doing);

/* Writes the message and returns APPLY_DIFFERS. */
enum apply_status push_differs(struct push *push, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends entries as payloads: `command` (to "<<") and the lines. `sending` says what, for messages. */
enum apply_status push_entries(struct push *push, struct str command, const struct plan_entry *entries,
                               size_t n, const char *sending);
/* Whether the worker is of that version or newer. */
bool push_version_is(struct push *push, int major, int minor);

/* The options of a server as words of a command, in the push's arena. */
struct str push_options(struct push *push, const struct plan_server *server);

/* s as one word of a command, in the push's arena. */
struct str push_word(struct push *push, struct str s);

/* servers.c: steps of one kind of phase, read back. */
enum apply_status servers_set(struct push *push, const struct step *steps, size_t n);
enum apply_status servers_remove(struct push *push, const struct step *steps, size_t n);

/* Takes lingering servers out of use: those of backends that are held in `to`, but for those that they have
 * there; those that have lingered long enough. */
enum apply_status servers_evict(struct push *push, const struct runtime_state *to);
void servers_let_go(struct push *push);

/* maps.c: the maps that records point into. */
enum apply_status maps_fill(struct push *push, const struct step *step);
void maps_retire(struct push *push, const struct step *step);
void maps_sweep(struct push *push);
/* turn.c: commands before and behind the one that commits, and whether HAProxy has done them; nothing once
 * that is so. turn_alone: where no routes change. turn_has_late: whether servers of a backend wait for it. */
void turn_begin(struct push *push);
void turn_end(struct push *push);
enum apply_status turn_judge(struct push *push);
enum apply_status turn_alone(struct push *push);
bool turn_has_late(struct push *push, struct str backend);

/* backends.c: backends that are added while HAProxy runs. backends_read: their names, as keys. */
enum apply_status backends_add(struct push *push, const struct step *steps, size_t n);
enum apply_status backends_read(struct push *push, struct strmap **out);

/* files.c: brings what the servers' options name into HAProxy's memory. */
enum apply_status files_load(struct push *push, const struct plan_server *const *servers, size_t n);

/* Brings one file into HAProxy's memory; nothing is done where it is there. */
enum apply_status file_load(struct push *push, const struct plan_file *file);

/* lines.c: certificates for clients. */
enum apply_status lines_add(struct push *push, const struct step *steps, size_t n);
enum apply_status lines_drop(struct push *push, const struct step *steps, size_t n);
enum apply_status lines_set_default(struct push *push, const struct step *step);
enum apply_status lines_read(struct push *push, struct runtime_state *out);

/* routes.c */
enum apply_status routes_change(struct push *push, const struct step *steps, size_t n);
/* `before`: all records as they are; NULL: not known, so all are replaced. */
enum apply_status routes_switch(struct push *push, const struct step *step,
                                const struct runtime_state *before, const struct runtime_state *to);
/* Behind everything else: records of two meanings have their new one alone. */
enum apply_status routes_settle(struct push *push);
enum apply_status routes_replace(struct push *push, const struct runtime_state *to);
