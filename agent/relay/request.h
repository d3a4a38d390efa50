/* A request from HAProxy. */
#pragma once

#include "relay/body.h"
#include "relay/directive.h"
#include "relay/heading.h"

/* Shared by its exchange and by copies that outlive it. */
struct request {
    int references;
    struct arena *arena; /* of the texts and directives */
    struct str method, target;
    struct heading heading; /* without framing and without what is between HAProxy and us */
    struct str next;        /* the record of what stands behind (templates/program.lua) */
    bool empty_body;        /* it says that its body has no bytes */
    struct str source, tls; /* the client's address; "1" if it came by TLS */
    struct directives directives;
    struct body body;
};

/* `length`: see body_init. */
struct request *request_create(const char *folder, struct str method, struct str target, int64_t length);

/* A head as it came from HAProxy. */
struct request_head {
    struct str method, target; /* of the request line */
    struct heading *heading;
    bool chunked;
    int64_t length; /* where content-length says one */
};

/* The request of a head; what is between HAProxy and us is taken out of its heading. `folder` is of bodies
 * that are too long for memory. *understood: the directives are some. */
struct request *request_take(const char *folder, const struct request_head *head, bool *understood);
/* Takes away what a request's headers say of its way between HAProxy and us. */
void request_drop_framing(struct heading *heading);
struct request *request_hold(struct request *request);
void request_release(struct request *request); /* NULL is allowed */

/* What HAProxy says of its own: none of it comes from the client or goes to an upstream. */
#define HEADER_DO     "x-maitred-do"
#define HEADER_NEXT   "x-maitred-next"
#define HEADER_SOURCE "x-maitred-src"
#define HEADER_TLS    "x-maitred-tls"
/* Where the request line would have what not every parser takes: an unusual method, bytes of eight bits. */
#define HEADER_METHOD "x-maitred-method"
#define HEADER_TARGET "x-maitred-target"
#define HEADER_ASKED                                                                                         \
    "x-maitred-asked" /* of an answer: what the chain has made of the request (templates/relay.lua, maitred.tell) */
#define HEADER_UNSENT "x-maitred-unsent" /* of an answer: no byte of the request has reached a server */
