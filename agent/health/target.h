/* A server that is watched: what is asked, how often, and what came of it. */
#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "plan/plan.h"

struct target {
    char *config; /* everything below in one text: equal texts, equal targets */
    char *service, *server;
    char *
        backend; /* of the service, as HAProxy knows it: it may get another one, with the same server in it */
    /* What is asked; only if `active`. */
    bool active;
    char *url; /* NULL: one that cannot be asked, so the server is down */
    char *method, *hostname, *connect_to, *headers; /* headers: lines */
    char *authorities, *identity;                   /* PEM; NULL: the system's, none */
    bool insecure, http2, prior_knowledge, follow;
    bool grpc;    /* the health protocol of gRPC */
    int expected; /* status; 0: 200 to 399 */
    int64_t timeout_ns, interval_ns, unhealthy_interval_ns;
    /* HAProxy marks it down by itself, and it comes back after as long; 0: it does not. */
    int64_t passive_window_ns;
    /* Of the prober's thread: */
    bool up, told;                     /* whether HAProxy knows */
    int64_t due_ns, back_ns, again_ns; /* asked next, up again, said again; the last two 0: not */
    CURL *easy;                        /* while it is being asked */
    struct curl_slist *lists[2];
    struct buf answer; /* of gRPC, as far as it counts */
};

/* The targets of a plan: servers of services with a health check. Malloced, as each of them; *n of them. */
struct target **targets_of(const struct plan *plan, size_t *n);
void target_destroy(struct target *target);

/* Its server is where that of its twin (an equal target) is. The twin is of no use any more. */
void target_move(struct target *target, struct target *twin);

/* A request for it; NULL where there can be none. */
CURL *target_ask(struct target *target);

/* Whether the answer of a finished request is a good one. Releases the request. */
bool target_judge(struct target *target, CURLcode result);
