/* The plan: everything that HAProxy and the agent are told, computed from the model. Pure: equal model and
 * equal previous shape give an equal plan.
 *
 * The shape is what the skeleton (haproxy.cfg) is rendered from: which kinds of things occur and which
 * backends are declared. It only grows while an HAProxy process lives; routes, services, servers and values
 * are data (maps, servers, agent policy). */
#pragma once

#include "route/model.h"

/* One declared backend. Named after its service, or a spare for a service that comes later. */
struct shape_backend {
    struct str name;    /* as HAProxy knows it: quote_name of "etcd:whoami", or "spare-0007" */
    struct str service; /* qualified name of the service it was declared for; empty: a spare */
    struct str holder;  /* the service that it holds at present; empty: none. Not part of the skeleton */
};

/* How much of a request the agent is told, and how long HAProxy waits for it: as short as agent.timeout says, or long enough for an
 * answer that takes its time (a slow password hash, another server). */
enum agent_message {
    MESSAGE_LEAN,          /* program and address */
    MESSAGE_AUTH,          /* and Authorization */
    MESSAGE_FULL,          /* and method, host, url, all headers */
    MESSAGE_PATIENT,       /* the same three, with patience */
    MESSAGE_PATIENT_AUTH,
    MESSAGE_PATIENT_FULL,
    MESSAGE_PATIENT_BODY,  /* and the body */
    MESSAGE_COUNT
};

/* A letter for each, as in program ids and in shape.json. */
#define MESSAGE_LETTERS "lafLAFB"

struct shape {
    bool host_keys; /* rules with Host occur */
    bool any_keys;  /* rules without Host occur */
    bool cut;       /* records with a path cut occur (field CUT) */
    bool agent;     /* records with an agent program occur */
    unsigned messages; /* which messages to the agent occur: bits, by enum agent_message */
    const struct shape_backend *backends; /* in byte order of the names */
    size_t n_backends;
};

/* A line of a map. Keys and values are final: quoted, one line each. */
struct plan_entry {
    struct str key, value;
};

struct plan_server {
    struct str name; /* model_server.id */
    struct str host; /* as configured: an address, or a name that the daemon resolves */
    int port;
    int weight; /* 1 to 256 */
    struct str url; /* for status and findings */
};

/* What a declared backend holds at present; unused spares have no servers and no service. */
struct plan_backend {
    struct str name;
    struct str service; /* qualified; empty: unused */
    const struct plan_server *servers; /* by name */
    size_t n_servers;
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
    struct str shape_reason; /* why the shape is not the previous one; empty: it is */
    const struct plan_entry *routes; /* routes.map, by key */
    size_t n_routes;
    const struct plan_backend *backends; /* one for each of shape.backends, same order */
    size_t n_backends;
    const struct plan_program *programs; /* by id */
    size_t n_programs;
};

/* The records of routes.map (a key is HOST|E/PATH, E the index of the entry point, HOST empty for any host; exact paths end
 * in '?', prefixes do not; looked up by map_beg with the line HOST|E/PATH?, so the longest key wins).
 * A path in a key is the routing path (reference/traefik-routing.md 3.4), blanks and control bytes staying
 * in their %XX form. Fields of the value are parted by ';' and quoted by quote_field: */
enum record_field {
    RECORD_FLAGS = 1, /* "." : nothing to do but to use the backend. Else of these letters:
                         a  a record of any host may beat this one: look, compare RANK
                         s  cut the path natively, S  cut it by Lua (the prefix needs decoding)
                         e  the key is an exact path: what the cut leaves of it is RESULT
                         g  ask the agent */
    RECORD_BACKEND,   /* a declared backend */
    RECORD_RANK,      /* greater (strcmp) wins; at equal rank the record of the host wins over that of any host */
    RECORD_PROGRAM,   /* plan_program.id, or empty */
    RECORD_ROUTER,    /* qualified name of the router */
    RECORD_CUT,       /* FROM?TO: FROM is cut off the front of the path, TO put there; or empty */
    RECORD_RESULT     /* with flag e: the path after the cut, as long as the request spells its path without codes */
};

/* `previous` is the shape of the running process, NULL for none. It is kept if everything fits (holders
 * aside); otherwise the plan has a new one, with every service under its own name, and says why. */
struct plan *plan_build(struct arena *arena, const struct model *model, const struct shape *previous);

/* The declared backend that holds a service in this plan, or an empty str. */
struct str plan_backend_of(const struct plan *plan, struct str service);

/* The shape as JSON, and back. shape_read returns false where it is not one. */
void shape_write(const struct shape *shape, struct buf *out);
bool shape_read(struct arena *arena, struct str json, struct shape *out);
