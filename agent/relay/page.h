/* The request for an error page. Pure. */
#pragma once

#include "relay/exchange.h"

/* Its target: `query` with its placeholders filled in. false: that is no URL. */
bool page_target(struct buf *out, const struct request *request, struct str query, int status, int original);

/* Its headers: all of the request's or those that the directive names, as the client sent them: without what
 * the gateway has put behind X-Forwarded-For. */
void page_headers(struct heading *out, const struct request *request, const struct directive *directive);
