/* What the files about servers share (servers, removal, turn); nobody else includes it. */
#pragma once

#include <netinet/in.h>

#include "haproxy/applier.h"

/* A server that shall be in use as a step says. */
struct target {
    const struct step *step;
    struct str path;                /* backend/server, as a word */
    char address[INET6_ADDRSTRLEN]; /* empty: not known at present, and it keeps the one that it has */
    bool exists;                    /* as far as we know: then it is set right, else added */
    bool late;                      /* its backend is in use: it changes in the turn (turn.c) */
    bool done;                      /* HAProxy took its commands */
    size_t first;                   /* number of its first command */
};

/* The backend of that name; NULL: the state has none. */
const struct plan_backend *servers_backend(const struct runtime_state *state, struct str name);

/* backend/name as a word of a command. */
struct str servers_path(struct push *push, struct str backend, struct str name);

/* Asks for the state of all servers of the backends of the steps; returns the number of the first command. */
size_t servers_add_read_back(struct push *push, const struct step *steps, size_t n);

/* What the answers from `first` on hold: reply_server by "backend/name". */
enum apply_status servers_read_live(struct push *push, size_t first, struct strmap **out);
const struct reply_server *servers_find(struct push *push, const struct strmap *live,
                                        const struct step *step);

/* The commands that put the late targets of the turn into use; and whether they are, by answers of
 * servers_add_read_back from `first` on. */
void servers_add_late(struct push *push);
enum apply_status servers_verify_late(struct push *push, size_t first);
