/* One etcd as a client sees it: the endpoint in use, the token, and calls that wait for their answer. */
#pragma once

#include <stdatomic.h>

#include "etcd/http.h"

/* Starts with http and config set, the rest zero. */
struct etcd_client {
    struct etcd_http *http;
    const struct etcd_config *config;
    const atomic_bool *stop; /* set elsewhere, with etcd_http_wake: calls end with ETCD_STOPPED */
    size_t endpoint;
    struct buf token; /* empty: none; for all endpoints, since a cluster knows its tokens */
};

void etcd_client_fini(struct etcd_client *client);

/* The URL of the endpoint in use; etcd_client_rotate goes on to the next. */
struct str etcd_client_endpoint(const struct etcd_client *client);
void etcd_client_rotate(struct etcd_client *client);

/* Starts a POST of `request` (url and token are filled in) to `path`, without waiting. */
void etcd_client_start(struct etcd_client *client, struct etcd_http_call *call, const char *path,
                       struct etcd_http_request request);

/* What a call that is done means: ETCD_OK where `answer` holds an answer of status 200. */
struct etcd_fault etcd_client_result(const struct etcd_http_call *call);

/* Starts to ask for a token; etcd_client_finish_authenticate reads the answer of the call when done, keeps
 * the token, and closes the call. ETCD_OK also where authentication turns out to be off: there is no token
 * then. */
struct etcd_fault etcd_client_start_authenticate(struct etcd_client *client, struct etcd_http_call *call);
struct etcd_fault etcd_client_finish_authenticate(struct etcd_client *client, struct etcd_http_call *call);

/* Both in one, waiting. */
struct etcd_fault etcd_client_authenticate(struct etcd_client *client);

/* POSTs body to path and waits; authenticates and tries again, once, where etcd asks for it. The answer
 * replaces what is in `answer`. Streams on the same http move on meanwhile. */
struct etcd_fault etcd_client_call(struct etcd_client *client, const char *path, struct str body,
                                   struct buf *answer);
