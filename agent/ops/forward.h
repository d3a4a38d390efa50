/* forwardAuth: what is asked of the other server, and what its answer means. Pure; forwarder.h does the
 * asking. */
#pragma once

#include "ops/decide.h"

struct forward_auth;

/* The answer of an authentication server. */
struct forward_answer {
    int status;
    struct buf headers; /* "Name: value" lines, names as they came */
    struct buf body;
};

/* The headers to send, "Name: value" lines: the client's without those that end here, filtered, with the
 * X-Forwarded ones that `trustForwardHeader` says (reference/traefik-middlewares.md 3.11). *decode: the
 * client has not asked for an encoding, so we ask for gzip and undo it. */
void forward_headers(struct buf *out, const struct forward_auth *op, const struct request *request,
                     bool *decode);

/* Turns the answer into the verdict; whether the request passes. */
bool forward_judge(const struct forward_auth *op, const struct request *request,
                   const struct forward_answer *answer, struct verdict *v);

/* Whether an answer may be given to others who ask the same: it sets no cookies, and does not forbid it. */
bool forward_may_share(const struct forward_answer *answer);

/* Whether a header is of one connection (hop by hop), or HTTP's own: in no direction passed on. */
bool forward_is_own(struct str name);

/* Whether the list has the name, in any case. */
bool forward_is_in(struct str name, const struct str *list, size_t n);

/* The next line "name: value" off the front of a list; false at its end. Lines whose name is none are passed
 * over. */
bool forward_line(struct str *lines, struct str *name, struct str *value);

/* A Location, relative to the URL that gave it, as an absolute one. `base` is absolute. */
void location_resolve(struct buf *out, struct str base, struct str location);

/* Whether Go's net/url takes the text for a URL, maybe a relative one. */
bool location_is_url(struct str location);

/* A Location as net/http's Redirect writes it: one without scheme and host is of this host, its path made
 * absolute by the request's target `url` and cleaned. */
void location_redirect(struct buf *out, struct str url, struct str location);
