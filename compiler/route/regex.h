/* Regular expressions of rules: Go's syntax (RE2, regexp.Compile) to a tree, and the tree to the dialect that
 * HAProxy knows (PCRE2 on bytes, no options). The result is for matching one field of a text of several:
 *
 * - a field ends in a '\n' that does not belong to it, and has no other. A newline that the value has is the
 *   byte 0xff in the field, and what the value has of 0xfd, 0xfe and 0xff (never part of UTF-8, so all the
 *   same to Go) is 0xfe. regex_field_put writes that form.
 * - the byte in front of the field is no letter, digit or '_' (so that \b at its start is right).
 * - an empty field is a field: only the '\n'. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct regex;

/* What regex_parse found wrong: a part of the pattern, and why. */
struct regex_fault {
    size_t at, length;              /* bytes of the pattern */
    const char *message, *expected; /* static; expected may be NULL */
    bool too_large;                 /* Go takes it, PCRE2 does not: it has limits of its own */
};

enum regex_alphabet {
    REGEX_BYTES, /* fields of any bytes */
    REGEX_ASCII  /* fields of ASCII without line ends, such as hosts: shorter and faster */
};

/* The pattern as Go's regexp.Compile reads it, in `arena` and pointing nowhere else. NULL with *fault where
 * Go refuses it, or where what it becomes exceeds the limits of PCRE2 (fault->too_large). */
const struct regex *regex_parse(struct arena *arena, struct str pattern, enum regex_alphabet alphabet,
                                struct regex_fault *fault);

/* Appends an expression that, tried exactly at the start of a field, succeeds if Go's MatchString succeeds on
 * the field's value, and else fails. It consumes any part of the field or nothing, but never its '\n'.
 * `start` is an assertion that holds at the start of a field and nowhere in it, such as "(?<=\n>)" (an
 * expression: "\\n", not the byte). Printable ASCII, no blanks, no '#', ';' or quotes; each other byte is
 * \xHH. It is one alternative or many: put it in (?:…). Plain parentheses never capture; see regex.c for
 * groups. */
void regex_put(struct buf *out, const struct regex *re, const char *start);

/* An upper bound for the bytes of PCRE2's compiled form (one pattern may have 65,535). */
size_t regex_size(const struct regex *re);

/* Whether every field matches; whether the empty one does. */
bool regex_is_always(const struct regex *re);
bool regex_matches_empty(const struct regex *re);

/* Whether the pattern is a plain text in disguise: matches exactly the values that begin with *text (*whole
 * is false) or are *text (true). The text lies in `arena`. */
bool regex_is_text(struct arena *arena, const struct regex *re, struct str *text, bool *whole);

/* The longest known bytes, in `arena`, that every value that matches begins with; and ends in. */
struct str regex_prefix(struct arena *arena, const struct regex *re);
struct str regex_suffix(struct arena *arena, const struct regex *re);

/* Whether PCRE2 may need time beyond all bounds for a value that does not match: repetitions in each other or
 * side by side that can take the same text in many ways. */
bool regex_may_explode(const struct regex *re);

/* Appends a value in the form of a field, without the '\n' behind it. */
void regex_field_put(struct buf *out, struct str value);
