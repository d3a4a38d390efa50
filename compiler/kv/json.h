/* A pull reader of JSON (RFC 8259): no tree, no memory but for strings with escapes, a sticky error.
 *
 *     for (bool more = json_enter(&in, '{'); more; more = json_more(&in, '}')) {
 *         struct str name = json_name(&in);
 *         ... json_text, json_enter or json_skip, exactly one for each member
 *     }
 *
 * After an error every call returns false or the empty str, so loops end and one test at the end is enough.
 * A library that builds a tree needs 1.5 kB a pair for the dumps that are read here, ten times their size. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct json {
    struct str rest;
    size_t line; /* counted from 1 */
    struct arena *arena;
    unsigned depth;
    const char *error; /* what was expected; NULL: none so far */
};

enum json_kind {
    JSON_ERROR,
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

/* Texts that the reader returns lie in `bytes` or, unescaped, in the arena. */
struct json json_open(struct arena *arena, struct str bytes);

/* What comes next. Consumes white space only. */
enum json_kind json_peek(struct json *in);

/* Enters an object ('{') or array ('['): whether there is a first member or element. */
bool json_enter(struct json *in, char open);

/* Whether another one follows; leaves the object ('}') or array (']') otherwise. */
bool json_more(struct json *in, char close);

/* The name of the member that comes next, and its colon. */
struct str json_name(struct json *in);

/* A string without its escapes (half a surrogate pair becomes U+FFFD), or a number, true, false, null as
 * written. */
struct str json_text(struct json *in);

/* Passes over any value. */
void json_skip(struct json *in);

/* Nothing but white space may follow. Returns whether all was well from the beginning. */
bool json_end(struct json *in);
