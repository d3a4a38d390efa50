/* From plan to bytes: every artifact of the state folder. */
#pragma once

#include "plan/plan.h"

/* Where HAProxy finds things. Offline: relative names, so that the artifacts are the same on every machine.
 */
struct emit_paths {
    struct str folder;  /* of the artifacts, as HAProxy sees it, without a slash at the end */
    struct str sockets; /* of runtime.sock and agent-N.sock, as HAProxy sees it */
};

struct artifact {
    struct str name; /* "haproxy.cfg", "backends.cfg", "maps/routes.map", "spoe.cfg", "policy.json", … */
    struct str bytes;
    bool skeleton; /* part of what a reload would change: equal bytes, no reload */
    bool secret;   /* holds a private key */
};

struct artifacts {
    const struct artifact *p;
    size_t n;
};

/* The names of the artifacts, as they stand in the configuration too. */
#define ARTIFACT_CONFIG   "haproxy.cfg"
#define ARTIFACT_BACKENDS "backends.cfg"
#define ARTIFACT_ROUTES   "maps/routes.map"
#define ARTIFACT_REVISION                                                                                    \
    "maps/revision.map" /* one entry: REVISION_KEY and the revision; only with a revision header */
#define REVISION_KEY  "served"
#define ARTIFACT_TLS  "tls" /* a folder: what servers are reached with */
#define ARTIFACT_SPOE "spoe.cfg"
/* Scripts, in the order in which they are loaded; each builds on those before. */
#define ARTIFACT_SCRIPTS                                                                                     \
    "maitred.lua", "cookies.lua", "heads.lua", "rematch.lua", "front.lua", "relay.lua", "services.lua",      \
        "regex.lua", "program.lua", "ops_path.lua", "ops_headers.lua", "ops_access.lua", "ops_relay.lua",    \
        "ops_tls.lua", "ops_content.lua", "closed.lua", "down.lua"
/* No artifact: what down.lua reads, while a worker starts. */
#define FILE_OF_DOWN    "down.txt"
#define ARTIFACT_POLICY "policy.json"
#define ARTIFACT_SHAPE  "shape.json"
#define RUNTIME_SOCKET  "haproxy.sock"
#define EVENTS_SOCKET   "events.sock" /* the agent's, in the same folder */
#define MASTER_SOCKET   "master.sock"
#define RELAYED_SOCKET  "relayed.sock" /* of the frontend that the relay asks */
#define CLOSED_SOCKET   "closed.sock"  /* of the one that answers for an agent that is away (haproxy.cfg) */

/* Renders all of them: deterministic. HAProxy is started with -f haproxy.cfg -f backends.cfg. */
struct artifacts emit_all(struct arena *arena, const struct plan *plan, const struct emit_paths *paths);

/* "maps/programs.map". */
const char *emit_map_name(enum plan_map_id map);
/* The defaults section of a backend. */
struct str emit_defaults(enum backend_kind kind);

/* The options of a server with the names of its files made whole: `folder` is ARTIFACT_TLS as HAProxy sees
 * it, `quote` makes a word of the place where they shall stand. */
void emit_options(struct buf *out, struct str options, struct str folder,
                  void (*quote)(struct buf *, struct str));

/* A line of a crt-list: the certificate's file, its options, its names. folder and quote as above. */
void emit_crt_line(struct buf *out, const struct plan_line *line, struct str folder,
                   void (*quote)(struct buf *, struct str));

/* One line of a map file or payload: "key value\n". */
void emit_map_line(struct buf *out, const struct plan_entry *entry);

/* {"version":1,"revision":R,"programs":{ID:{…},…}}: what the agent loads. */
void emit_policy(struct buf *out, const struct plan *plan);
