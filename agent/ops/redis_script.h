/* The script that takes a token, and the commands around it. Pure. */
#pragma once

#include "ops/redis.h"

/* AUTH and SELECT as far as the target needs them, in Redis' protocol; returns how many replies they get. */
int redis_put_greeting(struct buf *out, const struct redis_target *target);

enum { REDIS_SCRIPT_ID = 40 };

/* The name that servers know the script by: its SHA-1. */
void redis_script_id(char out[static REDIS_SCRIPT_ID + 1]);

/* EVALSHA for a call, or EVAL where `script` (the script's id) is NULL. now_us: microseconds since 1970. */
void redis_put_take(struct buf *out, const struct redis_call *call, int64_t now_us, const char *script);
