/* Building a verdict, for the ops. */
#pragma once

#include "ops/decide.h"

/* A fresh one: a pass, without delay. verdict_reset makes one of a used one. */
void verdict_init(struct verdict *v);
void verdict_reset(struct verdict *v);
void verdict_fini(struct verdict *v);

/* Refused by `op` with that status; `body` is static text or NULL. Headers set before are dropped. */
void verdict_refuse(struct verdict *v, const char *op, int status, const char *body);

/* The same in the form of Go's http.Error: a line of text, and two headers that say what it is. */
void verdict_refuse_text(struct verdict *v, const char *op, int status, const char *text);

/* A header of the refusal. The value is copied; what has no room in the verdict is left out. */
void verdict_add_header(struct verdict *v, const char *name, struct str value);

/* Changes of the request's headers. Values hold no line ends: a byte that would be one is a blank. */
void verdict_drop_request_header(struct verdict *v, struct str name);
void verdict_add_request_header(struct verdict *v, struct str name, struct str value);

/* What a user who has proved the name passes with: the name in `header` alone if one is named, and without
 * the Authorization if asked. */
void verdict_hand_on_user(struct verdict *v, struct str user, struct str header, bool remove_authorization);

/* Turns a verdict that has to wait into the refusal that a client gets when no more requests can wait. */
void verdict_refuse_delay(struct verdict *verdict);

/* For decide.c: brings d->request up to date with the changes that the verdict lists. */
void request_apply(struct decision *d);

/* A header that only the ops behind see. */
void request_add_header(struct decision *d, struct str name, struct str value);
