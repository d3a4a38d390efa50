/* Building a verdict, for the ops. */
#pragma once

#include "ops/decide.h"

/* A pass, without delay. */
void verdict_init(struct verdict *v);

/* Refused by `op` with that status; `body` is static text or NULL. Headers set before are dropped. */
void verdict_refuse(struct verdict *v, const char *op, int status, const char *body);

/* A header of the refusal. The value is copied; what has no room in the verdict is left out. */
void verdict_add_header(struct verdict *v, const char *name, struct str value);
