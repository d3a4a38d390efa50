/* What HAProxy answers on its sockets, 2.6 to 3.4, taken apart (reference/haproxy.md 2). Pure: bytes in,
 * values out; every str points into the answer. Whatever is not understood is "false" or REPLY_ERROR, never a
 * guess. */
#pragma once

#include "haproxy/runtime.h"

/* How a command went. */
enum reply_kind {
    REPLY_OK,      /* empty, or a message that says so */
    REPLY_ALREADY, /* the server exists */
    REPLY_MISSING, /* no such key, no such server */
    REPLY_BUSY,    /* the server still has connections */
    REPLY_ERROR    /* everything else */
};

struct reply {
    enum reply_kind kind;
    struct str text; /* the line that decided, without its severity; empty where nothing was said */
};

/* Of a command that changes something. Severity prefixes ("[3]: ", after `set severity-output number`) are
 * used where they stand. A text that is not known is an error unless its severity says otherwise, or
 * HAProxy's own line follows it (it may speak of other matters first). */
struct reply reply_classify(struct str answer);

/* `prepare map`: "New version created: N". */
bool reply_new_version(struct str answer, int64_t *version);

/* The line of one map in the answer of `show map`. */
struct reply_map {
    int64_t current, next; /* versions */
    int64_t entries;       /* of all versions together */
};

/* `id` as spelled in the configuration. false: no such map, or not such an answer. */
bool reply_map_find(struct str answer, struct str id, struct reply_map *out);

struct reply_entry {
    struct str key, value;
};

/* Takes the next entry of `show map ID` off *rest. false at the end; *broken: it ended at a line that is no
 * entry. */
bool reply_entry_next(struct str *rest, struct reply_entry *out, bool *broken);

/* `get map ID key`: the entry that a look-up of `key` finds; with prefix maps it may be another, shorter
 * key's. false: not such an answer. */
struct reply_lookup {
    bool found;
    struct reply_entry entry;
};

bool reply_lookup(struct str answer, struct reply_lookup *out);

struct reply_server {
    struct str backend, name;
    struct str address; /* "-": none */
    int port;
    int weight;
    bool down;        /* by a check, or by what was said of its health */
    bool maintenance; /* forced, or "disabled" in the configuration */
    bool drained;     /* forced: takes no new clients */
};

/* A reader of `show servers state`; columns go by their names, whatever their order. */
struct reply_servers {
    struct str rest;
    int columns[7];
    bool broken; /* a line was none of a server */
};

bool reply_servers_open(struct str answer, struct reply_servers *out);
bool reply_servers_next(struct reply_servers *servers, struct reply_server *out);

/* "2.6.12-1+deb12u4", or "3.5-dev3": patch 0. */
bool reply_version(struct str text, struct haproxy_version *out);

/* `show info`. */
bool reply_info(struct str answer, struct runtime_info *out);

/* `show proc` of the master. After a refused reload the serving worker stands under "old workers" (3.1 and
 * newer). */
enum { REPLY_NEWEST_OLD = 4 };

struct reply_proc {
    int master;
    int worker; /* the newest of the current ones, else of the old ones; 0: none */
    int old_workers;
    int64_t reloads, failed;
    int newest_old[REPLY_NEWEST_OLD]; /* of the old ones, the newest first; 0: no more */
};

bool reply_proc(struct str answer, struct reply_proc *out);

/* `reload` of the master: false: no verdict in it (2.6 never gives one). `log` is what the start said. */
bool reply_reload(struct str answer, bool *success, struct str *log);

/* Takes the next name off the answer of `show backend`. false: no more. */
bool reply_backend_next(struct str *rest, struct str *name);

/* `show table`: what stands behind gpc0= in the entry of that key; 0 without such an entry. */
int64_t reply_table_count(struct str answer, struct str key);

/* --- certificates (reply_tls.c); files and lists are those below `folder`, named without it --- */

/* Takes the next list off the answer of `show ssl crt-list`. false: no more. */
bool reply_list_next(struct str *rest, struct str folder, struct str *name);

struct reply_line {
    struct str file;
    struct str names; /* parted by blanks; empty: those of the certificate */
};

/* Takes the next line off the answer of `show ssl crt-list -n LIST`. false: no more. */
bool reply_line_next(struct str *rest, struct str folder, struct reply_line *out);

/* `show ssl cert FILE`: the SHA-1 of the certificate in use, 40 digits; empty where the answer says none. */
struct str reply_fingerprint(struct str answer);
