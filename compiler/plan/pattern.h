/* What remains of a conjunct as one regular expression over the canonical line of a request. Internal to plan.
 *
 * The canonical line has several lines, each ended by '\n', which stands nowhere else in it:
 *     GROUP|ADDRESS|HOST     ADDRESS: of the client, 8 or 32 hexadecimal digits; HOST: lower case, no port,
 *                            no brackets, with its dots
 *     METHOD
 *     >PATH                  the routing path, decoded (reference/traefik-routing.md 3.4)
 * and, where a group needs them, in any order:
 *     ?KEY\xFDVALUE          each query parameter, decoded
 *     <KEY\xFDVALUE          the first one of each key
 *     name:value             each header line, the name in lower case
 * In paths, parameters and headers a line end stands as \xFF, and the bytes \xFD to \xFF stand as \xFE: no
 * regular expression of Go's tells those three apart. templates/maitred.lua and explain build the same line.
 */
#pragma once

#include "base/buf.h"
#include "plan/conjunct.h"

/* What stands between a parameter's key and value, and in place of a line end. */
#define LINE_PARTS   "\xfd"
#define LINE_NEWLINE "\xff"

/* A pattern in two parts: between them the path begins, and pattern_put_path's text may stand there. */
struct pattern {
    struct str head, tail;
};

/* The expression for what comes behind "GROUP|": PCRE2, bytes, no blanks, one line. In the arena. */
struct pattern pattern_of(struct arena *arena, const struct conjunct *c);

/* Appends what asks for the paths of the conjunct's scope. */
void pattern_put_path(struct buf *out, const struct conjunct *c);
