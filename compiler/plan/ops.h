/* Native programs: what the skeleton does for a chain by itself, as text that it takes apart
 * (templates/program.lua). Internal to plan.
 *
 * A program is ops, each ended by ';': a name and arguments, parted by '?' and quoted by quote_field. They
 * run in this order:
 *   tell?                      the relay wants to know what becomes of the request; the first op
 *   add?PREFIX                 addPrefix
 *   strip?SLASH?PREFIX?…       stripPrefix; SLASH 1: forceSlash
 *   set?NAME?VALUE?…           request headers; an empty VALUE deletes. "host" is the request's Host
 *   forwarded?                 the upstream gets no X-Forwarded-For
 *   answer?NAME?VALUE?…        headers of answers that come from behind this place; an empty VALUE deletes
 *   stripre?REGEX?…            stripPrefixRegex; a REGEX is a program of regex_program_put
 *   replace?PATH               replacePath
 *   rewrite?REGEX?PART?…       replacePathRegex; a PART is "=TEXT", or "$N" for a group
 *   redirect?PERMANENT?REGEX?PART?…   redirectRegex; PERMANENT 1 or 0
 *   scheme?PERMANENT?SCHEME?PORT      redirectScheme; PORT empty or ":8443"
 *   allow?STATUS?REASON?STRATEGY?NET?…   ipAllowList. NET: "0a000000/8", address in hexadecimal and bits.
 *                              STRATEGY: "peer", "depth,N,SUBNET", "peer,SUBNET" or "not,NET,NET…"
 *   inflight?AMOUNT?KEY?COUNTER?SOURCE   inFlightReq; KEY tells one limit from another, COUNTER 0 or 1,
 * SOURCE "host", "=NAME" of a header, or a STRATEGY refuse?CODES               encodedCharacters: codes that
 * are refused, two hexadecimal digits each
 *   guess?                     contentType: a missing one is guessed
 *   preflight?CREDENTIALS?HEADERS?METHODS?EXPOSE?MAXAGE   CORS: answers preflights. In front of it:
 *   origins?CREDENTIALS?+ORIGIN?…?~REGEX?…                which origins are welcome
 *   cors?CREDENTIALS?EXPOSE    the headers of CORS for other requests
 *   vary?                      adds Origin to Vary
 *   hosts?HEADER,HEADER…?HOST?…   allowedHosts
 *   tls?NAME?VALUE?…           whether the request counts as secure: TLS, or a header says so; for
 *   secure?NAME?VALUE?…        as answer, only if it does
 *   agent?ID                   ask the agent, program ID
 *   relay?FLAGS?PROGRAM?OPS?SERVICE?WHEN?TEXT?…   go to the relay with those TEXTs that are needed
 *                              (plan/relayed.h); fields of the record that it comes back with. Where none is
 *                              needed: on to what OPS names, here
 * The key of a program is its digest. A long one goes on under KEY.1, KEY.2, …: its first line begins with
 * "+N;", N lines in all. */
#pragma once

#include "base/vec.h"
#include "plan/plan.h"

enum { OPS_LINE_MAX = 8000 }; /* bytes of text in one line of the map */

/* Appends op `at` of a router, a native one (not one of the agent's). */
void ops_put(struct buf *out, const struct model_router *router, size_t at);
void ops_put_agent(struct buf *out, struct str program_id);

/* What an op at a place counts, it counts for this: its service or router, the middleware, and which of the
 * owner's ops it is. */
struct op_owner {
    struct str name;
    size_t at;
};
struct op_owner ops_owner(const struct model_router *router, size_t at);

/* The key of the count of an inFlightReq, op `at`. */
struct str ops_counter(struct arena *arena, const struct model_router *router, size_t at);

/* The program of that text, with its key. */
struct plan_entry ops_entry(struct arena *arena, struct str text);

typedef VEC(struct plan_entry) plan_entries;

/* Appends the lines of a program to those of programs.map. */
void ops_lines(struct arena *arena, const struct plan_entry *program, plan_entries *out);
