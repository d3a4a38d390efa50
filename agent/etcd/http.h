/* HTTP POSTs over one libcurl multi handle, of one thread. Connections are kept and shared by all calls,
 * except that a call which never ends (a watch) has its own. */
#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "etcd/config.h"
#include "etcd/fault.h"

struct etcd_http;

struct etcd_http_request {
    struct str url, body, token; /* copied; no token: no Authorization */
    long within_ms;              /* for all of it; 0: no limit, silence is cut off after ETCD_SILENCE_MS */
    bool endless;                /* a stream: silence is allowed */
    /* Receives the answer's bytes as they come; NULL: they are collected in `answer`. Called within turns. */
    void (*receive)(void *context, struct str bytes);
    void *context;
};

/* One POST on its way. Starts zeroed; must not move while it runs. */
struct etcd_http_call {
    CURL *easy; /* NULL: not started, or ended with etcd_http_close */
    struct curl_slist *headers;
    struct buf body, answer;
    void (*receive)(void *context, struct str bytes);
    void *context;
    bool done;
    struct etcd_fault fault; /* when done: why there is no whole answer; ETCD_OK: there is one */
    long status;             /* when done, or while bytes come: the HTTP status */
    char reason[CURL_ERROR_SIZE];
};

/* NULL where libcurl cannot work. config must outlive it. */
struct etcd_http *etcd_http_create(const struct etcd_config *config);
void etcd_http_destroy(struct etcd_http *http); /* all calls must be closed */

void etcd_http_start(struct etcd_http *http, struct etcd_http_call *call,
                     const struct etcd_http_request *request);

/* Ends the call, done or not, and releases what it holds. A call that was never started is allowed. */
void etcd_http_close(struct etcd_http *http, struct etcd_http_call *call);

/* Waits for traffic, a wake-up, or the time to pass, and moves all calls on. */
void etcd_http_turn(struct etcd_http *http, int64_t wait_ns);

/* Ends the wait of the present turn, or of the next one. From any thread. */
void etcd_http_wake(struct etcd_http *http);
