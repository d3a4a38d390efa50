/* The artifacts that are made from templates. Internal to emit. */
#pragma once

#include "emit/emit.h"

/* haproxy.cfg: of the settings and the shape only. */
void emit_config(struct buf *out, struct arena *arena, const struct plan *plan, const struct emit_paths *paths);

/* backends.cfg: the declared backends in the shape's order, each with the servers that it holds. */
void emit_backends(struct buf *out, struct arena *arena, const struct plan *plan, const struct emit_paths *paths);

/* spoe.cfg; only where the shape has the agent. */
void emit_spoe(struct buf *out, struct arena *arena, const struct plan *plan);

/* A duration as HAProxy writes it: whole milliseconds, at least one. 0 and whatever its clock cannot hold: 24 days. */
struct str emit_duration(struct arena *arena, int64_t ns);

/* The name of an artifact as HAProxy sees it. */
struct str emit_path(struct arena *arena, const struct emit_paths *paths, const char *artifact);

/* s as one word of a configuration line (quote_word), in the arena. */
struct str emit_word(struct arena *arena, struct str s);
