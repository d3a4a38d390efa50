/* The request for an error page: it tells of the caught one as the chain in between has left it. Pure. */
#pragma once

#include "relay/exchange.h"

/* Reads what HAProxy says has become of a request (HEADER_ASKED: templates/relay.lua, maitred.tell): its
 * target, in `arena`, and its headers without framing. */
void page_request_read(struct arena *arena, struct str asked, struct str *target, struct heading *headers);

/* Its target: `query` with its placeholders filled in. false: that is no URL. */
bool page_target(struct buf *out, const struct request *request, struct str query, int status, int original);

/* Its headers: all of the request's or those that the directive names, as the client sent them: without what
 * the gateway has put behind X-Forwarded-For. */
void page_headers(struct heading *out, const struct request *request, const struct directive *directive);
