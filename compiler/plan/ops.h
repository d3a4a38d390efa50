/* Native programs: what the skeleton does for a chain by itself, as text that it takes apart
 * (templates/program.lua). Internal to plan.
 *
 * A program is ops, each ended by ';': a name and arguments, parted by '?' and quoted by quote_field. They
 * run in this order: add?PREFIX                 addPrefix strip?SLASH?PREFIX?…       stripPrefix; SLASH 1:
 * forceSlash set?NAME?VALUE?…           request headers; an empty VALUE deletes. "host" is the request's Host
 *   forwarded?                 the upstream gets no X-Forwarded-For
 *   answer?NAME?VALUE?…        headers of answers that come from behind this place; an empty VALUE deletes
 *   agent?ID                   ask the agent, program ID
 * The key of a program is its digest. A long one goes on under KEY.1, KEY.2, …: its first line begins with
 * "+N;", N lines in all. */
#pragma once

#include "base/vec.h"
#include "plan/plan.h"

enum { OPS_LINE_MAX = 8000 }; /* bytes of text in one line of the map */

/* Appends a native op (not one of the agent's). */
void ops_put(struct buf *out, const struct model_op *op);
void ops_put_agent(struct buf *out, struct str program_id);

/* The program of that text, with its key. */
struct plan_entry ops_entry(struct arena *arena, struct str text);

typedef VEC(struct plan_entry) plan_entries;

/* Appends the lines of a program to those of programs.map. */
void ops_lines(struct arena *arena, const struct plan_entry *program, plan_entries *out);
