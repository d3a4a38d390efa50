/* The shape: what the skeleton (haproxy.cfg) is rendered from, which kinds of things occur and which backends
 * are declared. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

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

/* Whether that entry point takes TLS connections, too. */
bool shape_takes_tls(const struct shape *shape, struct str entry_point);

/* The shape as JSON, and back. shape_read returns false where it is not one. */
void shape_write(const struct shape *shape, struct buf *out);
bool shape_read(struct arena *arena, struct str json, struct shape *out);
