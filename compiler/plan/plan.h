/* The plan: everything that HAProxy and the agent are told, computed from the model. Pure: equal model and
 * equal previous shape give an equal plan.
 *
 * Its shape (skeleton.h) only grows while an HAProxy process lives; routes, services, servers and values are data
 * (maps, servers, agent policy). */
#pragma once

#include "plan/keys.h"
#include "plan/skeleton.h"
#include "route/model.h"

/* A line of a map. Keys and values are final: quoted, one line each. */
struct plan_entry {
    struct str key, value;
};

/* Maps that records point into. Their keys are digests of what they say, so the value of a key never changes:
 * entries are there before the first record that needs them, and go when no request can meet them any more.
 */
enum plan_map_id {
    MAP_PROGRAMS, /* programs.map: native programs, see ops.h */
    MAP_REGEXES,  /* regexes.map: "^GROUP\|EXPRESSION" → "{ROUTER"; of one group the best router first */
    MAP_FIELDS,   /* fields.map: the same for those that look at headers or the query → "RANK;ROUTER" */
    MAP_LABELS, /* labels.map: "TABLE/LABEL" → "RANK;ROUTER;GROUP": who is decided by the label, and a group
                   of fields.map to try */
    MAP_NAMES,  /* names.map: names of headers that labels ask for; no digests, but one too many does no harm
                 */
    PLAN_MAPS
};

struct plan_map {
    const struct plan_entry *p; /* by key */
    size_t n;
};

/* Certificates that servers are reached with: a file below the artifacts' folder of TLS, and in HAProxy's
 * memory. Named after its contents. */
struct plan_file {
    struct str name; /* "ca-0123456789abcdef.pem" */
    struct str bytes;
    bool identity; /* a certificate and its key; else authorities */
};

/* Stands in options for the folder of those files. */
#define PLAN_TLS_FOLDER "{tls}"

/* The certificate for names that nobody knows: its file keeps its name. */
#define PLAN_TLS_CERTIFICATE "default.pem"
/* Some authority, where any will do. */
#define PLAN_TLS_ANY "any.pem"

/* A line of a crt-list: a certificate, options, and the names that get them. The file is named after all that
 * the line says, so a line never changes, and its name says which one it is. */
struct plan_line {
    const struct plan_file *file;
    struct str words;                    /* options, PLAN_TLS_FOLDER in them; empty: those of the bind */
    struct str names;                    /* parted by blanks */
    const struct plan_file *authorities; /* named in the words; or NULL */
};

/* The crt-list of one door of an entry point. Its first line is PLAN_TLS_CERTIFICATE. */
struct plan_list {
    struct str name;               /* of its file: "list-3-0.txt" */
    const struct plan_line *lines; /* by name of their files */
    size_t n_lines;
};

struct plan_server {
    struct str name; /* model_server.id, and what its options come to where it has any: they cannot be changed
                        later */
    struct str host; /* as configured: an address, or a name that the daemon resolves */
    int port;
    int weight;         /* 1 to 256 */
    struct str url;     /* for status and findings */
    struct str options; /* further words of its line (emit_options makes them whole); empty: none */
    const struct plan_file *authorities, *identity; /* named in the options; NULL: none */
};

/* What a declared backend holds at present; unused spares have no servers and no service. */
struct plan_backend {
    struct str name;
    struct str service;                /* qualified; empty: unused */
    const struct plan_server *servers; /* by name */
    size_t n_servers;
    enum backend_kind kind;
    const struct model_service *holds; /* what `service` names; NULL: unused, or read back */
};

/* An agent program. `id` is the digest of `json`, with two letters in front: 'o' or 'c' (open or closed when
 * the agent fails) and that of its message. */
struct plan_program {
    struct str id;
    struct str json; /* one element of policy.json's "programs" */
};

/* The bit of a program's message. */
unsigned program_message(const struct plan_program *program);

struct plan {
    const struct settings *settings;
    int64_t revision;
    struct shape shape;
    struct str shape_reason;         /* why the shape is not the previous one; empty: it is */
    const struct plan_entry *routes; /* routes.map, by key */
    size_t n_routes;
    const struct plan_backend *backends; /* one for each of shape.backends, same order */
    size_t n_backends;
    const struct plan_program *programs; /* by id */
    size_t n_programs;
    struct plan_map maps[PLAN_MAPS];
    const struct plan_list *lists; /* of each door of each TLS entry point, by name */
    size_t n_lists;
    struct str default_fingerprint; /* of the certificate in it */
    struct str default_identity; /* what PLAN_TLS_CERTIFICATE holds: a secret. p == NULL: there is no TLS */
    const struct plan_file *const *files; /* of all servers and lines, by name */
    size_t n_files;
};

/* `previous` is the shape of the running process, NULL for none. It is kept if everything fits (holders
 * aside); otherwise the plan has a new one, with every service under its own name, and says why. */
struct plan *plan_build(struct arena *arena, const struct model *model, const struct shape *previous);

/* The program of that id; NULL: the plan has none. */
const struct plan_program *plan_program_find(const struct plan *plan, struct str id);
