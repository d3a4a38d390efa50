/* Which content coding an answer gets, as Traefik's compress chooses it. Pure. */
#pragma once

#include "relay/directive.h"
#include "relay/heading.h"

enum coding { CODING_NONE, CODING_GZIP, CODING_BROTLI, CODING_ZSTD };

/* The coding for a request, by its Accept-Encoding and Content-Type. *idle: chosen, but nothing is compressed
 * (gzip that was not asked for by its name). */
enum coding coding_choose(const struct directive *directive, struct str method, const struct heading *request,
                          bool *idle);

/* Whether an answer is compressed whose first bytes are these; length < 0: unknown. */
bool coding_applies(const struct directive *directive, enum coding coding, const struct heading *answer,
                    int64_t length, struct str first);

struct str coding_name(enum coding coding);
