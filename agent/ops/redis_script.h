/* The script that takes a token, and the commands around it. Pure. */
#pragma once

#include "ops/redis.h"

/* AUTH and SELECT as far as the target needs them, in Redis' protocol; returns how many replies they get. */
int redis_put_greeting(struct buf *out, const struct redis_target *target);

/* EVALSHA (or, `whole`, EVAL) for a call. now_us: microseconds since 1970. */
void redis_put_take(struct buf *out, const struct redis_call *call, int64_t now_us, bool whole);
