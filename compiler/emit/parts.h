/* The artifacts that are made from templates. Internal to emit. */
#pragma once

#include "emit/emit.h"
#include "emit/template.h"

/* haproxy.cfg: of the settings and the shape only. */
void emit_config(struct buf *out, struct arena *arena, const struct plan *plan,
                 const struct emit_paths *paths);

/* backends.cfg: the declared backends in the shape's order, each with the servers that it holds. */
void emit_backends(struct buf *out, struct arena *arena, const struct plan *plan,
                   const struct emit_paths *paths);

/* spoe.cfg; only where the shape has the agent. */
void emit_spoe(struct buf *out, struct arena *arena, const struct plan *plan);

/* A duration as HAProxy writes it: whole milliseconds, at least one. 0 and whatever its clock cannot hold: 24
 * days. */
struct str emit_duration(struct arena *arena, int64_t ns);

/* The name of an artifact as HAProxy sees it. */
struct str emit_path(struct arena *arena, const struct emit_paths *paths, const char *artifact);

/* A path as argument of a converter, f("…"), inside a word without quotes: two levels of quoting. */
struct str emit_argument(struct arena *arena, struct str path);

/* The list "entry_points" of the templates: of each its sides, clear and TLS, and the doors of the latter. */
struct template_value emit_entry_points(struct arena *arena, const struct plan *plan,
                                        const struct emit_paths *paths);

/* s as one word of a configuration line (quote_word), in the arena. */
struct str emit_word(struct arena *arena, struct str s);

/* What forwardAuth may take, 30 s, and a little. */
#define PATIENT_TIMEOUT "31s"

/* The lists "messages" and "engines" of the templates: what the agent is told, and by whom. */
struct template_value emit_messages(struct arena *arena, const struct shape *shape);
struct template_value emit_engines(struct arena *arena, const struct shape *shape, struct str timeout);

/* Whether verdicts may change headers of the request: programs of the lean message only limit. */
bool emit_reads_headers(const struct shape *shape);
