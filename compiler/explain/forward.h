/* The headers that an entry point takes away and adds before any rule looks at a request
 * (templates/request.cfg and lua.hop). */
#pragma once

#include "explain/request.h"
#include "route/settings.h"

/* Treats request->headers as the entry point does. X-Forwarded-For is one line, still without the peer: it is
 * appended for middlewares (effects.c). X-Forwarded-Server, the machine's name, is left out. NULL, or why the
 * entry point refuses the request. */
const char *request_forward(struct arena *arena, const struct entry_point *entry, struct request *request);
