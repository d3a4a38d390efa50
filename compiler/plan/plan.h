/* The plan: everything that HAProxy and the agent are told, computed from the model. Pure: equal model and
 * equal previous shape give an equal plan.
 *
 * The shape is what the skeleton (haproxy.cfg) is rendered from: which kinds of things occur and which
 * backends are declared. It only grows while an HAProxy process lives; routes, services, servers and values
 * are data (maps, servers, agent policy). */
#pragma once

#include "route/model.h"

/* Backends are declared in the configuration, or (from HAProxy 3.4 on) added while it runs, of two kinds: for
 * services that HAProxy balances by itself, and for those whose server is chosen by rules, which is said by a
 * cookie there. */
enum backend_kind { BACKEND_DECLARED, BACKEND_PLAIN, BACKEND_CHOSEN };

/* The name of that cookie; it never leaves HAProxy. */
#define PLAN_CHOSEN_COOKIE "maitred-server"

/* One backend. Named after its service, or a spare for a service that comes later. */
struct shape_backend {
    struct str name;    /* as HAProxy knows it: quote_name of "etcd:whoami", or "spare-0007" */
    struct str service; /* qualified name of the service it was declared for; empty: a spare */
    struct str holder;  /* the service that it holds at present; empty: none. Not part of the skeleton */
    enum backend_kind kind;
    bool chosen; /* its holder's servers are chosen by rules: set with the holder, and no part of the skeleton
                    either */
    unsigned freed; /* the greater, the later its holder went; 0: never used since HAProxy started. Not part
                       of the skeleton */
};

/* How much of a request the agent is told, and how long HAProxy waits for it: as short as agent.timeout says,
 * or long enough for an answer that takes its time (a slow password hash, another server). */
enum agent_message {
    MESSAGE_LEAN,    /* program and address */
    MESSAGE_AUTH,    /* and Authorization */
    MESSAGE_FULL,    /* and method, host, url, all headers */
    MESSAGE_PATIENT, /* the same three, with patience */
    MESSAGE_PATIENT_AUTH,
    MESSAGE_PATIENT_FULL,
    MESSAGE_PATIENT_BODY, /* and the body */
    MESSAGE_COUNT
};

/* A letter for each, as in program ids and in shape.json. */
#define MESSAGE_LETTERS "lafLAFB"

struct shape {
    bool cut;          /* records with a path cut occur (field CUT) */
    bool agent;        /* records with an agent program occur */
    unsigned messages; /* which messages to the agent occur: bits, by enum agent_message */
    int rounds; /* how often a request may ask the agent: more than once where ops that can refuse stand
                         between */
    const struct str *tls_entry_points; /* names of entry points that take TLS connections, too */
    size_t n_tls_entry_points;
    const struct str *doors; /* words of the binds that each of them has for TLS (tls.h) */
    size_t n_doors;
    const struct str *response_headers; /* names, lower case, that programs set or delete in answers */
    size_t n_response_headers;
    const struct str *lane_requests, *lane_answers, *lane_rewrites; /* what lanes can set and do (lane.h) */
    size_t n_lane_requests, n_lane_answers, n_lane_rewrites;
    bool grows; /* the running HAProxy can add backends. Not part of the skeleton: set by who asks for the
                   next plan */
    const struct shape_backend *backends; /* in byte order of the names */
    size_t n_backends;
};

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

/* The keys of routes.map. E is the index of an entry point (of its TLS side: plus their number); HOST is
 * lower case, without port (its last dot cut off where it has just one); PATH is the routing path
 * (reference/traefik-routing.md 3.4) with blanks and control bytes as #XX; keys of exact paths end in '?',
 * those of prefixes do not. All are looked up by map_beg with a line that ends in PATH?, so the longest key
 * wins.
 *
 * First keys, of which a request finds one:
 *     HOST|E/PATH       rules of that host
 *     |E/PATH           rules of any host, where no key of the host was found
 * Further keys, which the first record asks for (enum rival); SCOPE is HOST|E/PATH, |E/PATH, or *.REST|E/PATH
 * for one label and then REST:
 *     *.REST|E/PATH     rules of wildcard hosts
 *     <METHOD/SCOPE     rules that need just this method
 *     >SCOPE            a group of regular expressions over address, host, method and path; also
 *     >>LABELS|E/PATH   … of hosts that end in these two or three labels,
 *     >^E^BEGINNING     … of hosts that begin so,
 *     >=E=              … of all hosts and paths
 *     @SCOPE, @=E=      a table of what the request must have: a header (name=value, or name: for any value)
 * or query parameter
 *                       (?key=value, ?key:); nothing at all for regular expressions that need headers or the
 * query $E$NAME?          of TLS handshakes with that name (or *.REST): ".;;OPTIONS;DOOR;CLIENT;ALPN". DOOR
 * is a number, or "close"; CLIENT is "c" where a certificate of the client is demanded; ALPN are the
 * protocols {NAME             the router, for those that are found in one of these ways }NAME             how
 * a backend is chosen (choice.h): here, so that one transaction changes both
 *     }?                no part of a plan: a number that changes with each version of the map in which
 * several entries change
 *
 * Fields of a record are parted by ';' and quoted by quote_field: */
enum record_field {
    RECORD_FLAGS = 1, /* '+' where RECORD_MORE holds rivals; then "." (nothing to do but to use the backend)
                         or of these letters: s  cut the path natively, S  cut it by Lua (the prefix needs
                         decoding) e  the key is an exact path: what the cut leaves of it is RESULT g  ask the
                         agent p  run the native program OPS; q: behind the agent n  try the lane LANE before
                         OPS, c: with the cut b  the backend is chosen for each request: BACKEND names how */
    RECORD_BACKEND,   /* a declared backend; with flag b, "}name"; empty: no router, only rivals or groups */
    RECORD_RANK,      /* of two records the one with the smaller text (strcmp) RANK;ROUTER wins */
    RECORD_ROUTER,    /* qualified name of the router */
    RECORD_PROGRAM,   /* plan_program.id, or empty */
    RECORD_CUT,       /* FROM?TO: FROM is cut off the front of the path, TO put there; or empty */
    RECORD_RESULT,    /* with flag e: the path after the cut, as long as the request spells its path without
                         codes */
    RECORD_MORE, /* of first keys: letters of RIVAL_LETTERS; of further keys: the name of a group or table */
    RECORD_OPS,  /* with flag p or q: key of programs.map */
    RECORD_OPTIONS, /* of TLS: the name of the options that the connection must have */
    RECORD_LANE     /* with flag n: key of programs.map. Fields at the end that are empty are not written */
};

#define PLAN_VERSION_KEY "}?"

/* What may beat the router of a first record for some of its requests. */
enum rival {
    RIVAL_ANY,         /* |E/PATH */
    RIVAL_WILD,        /* *.REST|E/PATH */
    RIVAL_METHOD,      /* <METHOD/HOST|E/PATH */
    RIVAL_METHOD_ANY,  /* <METHOD/|E/PATH */
    RIVAL_METHOD_WILD, /* <METHOD/ *.REST|E/PATH */
    RIVAL_REGEX,       /* >HOST|E/PATH */
    RIVAL_REGEX_ANY,   /* >|E/PATH */
    RIVAL_REGEX_WILD,  /* >*.REST|E/PATH */
    RIVAL_REGEX_HOST,  /* >>LABELS|E/PATH, of three labels */
    RIVAL_REGEX_HOST2, /* …, of two */
    RIVAL_REGEX_BEGIN, /* >^E^BEGINNING */
    RIVAL_REGEX_ROOT,  /* >=E= */
    RIVAL_HEADER,      /* @SCOPE or @=E=, if the request has one of the headers */
    RIVAL_QUERY,       /* …, if it has a query */
    RIVAL_FULL,        /* …, in any case */
    RIVAL_COUNT
};
#define RIVAL_LETTERS "awmnoxyzhiprvqf"

/* The rank of a record without a router: worse than any. */
#define RANK_NOBODY "~"

/* `previous` is the shape of the running process, NULL for none. It is kept if everything fits (holders
 * aside); otherwise the plan has a new one, with every service under its own name, and says why. */
struct plan *plan_build(struct arena *arena, const struct model *model, const struct shape *previous);

/* The program of that id; NULL: the plan has none. */
const struct plan_program *plan_program_find(const struct plan *plan, struct str id);

/* Whether that entry point takes TLS connections, too. */
bool shape_takes_tls(const struct shape *shape, struct str entry_point);

/* The shape as JSON, and back. shape_read returns false where it is not one. */
void shape_write(const struct shape *shape, struct buf *out);
bool shape_read(struct arena *arena, struct str json, struct shape *out);
