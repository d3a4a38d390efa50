/* The tokens of a rule, as Go's scanner cuts them. Internal to route. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

enum rule_token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_STRING,
    TOKEN_NOT,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_NEWLINE, /* a line end where Go ends the statement: behind a name, a string or a ')' */
    TOKEN_OTHER,   /* one character that no rule has at such a place: '&', ';', a digit … */
    TOKEN_FAULT    /* broken in itself: `fault` says how, `at` and `length` mark it */
};

struct rule_token {
    enum rule_token_kind kind;
    size_t at, length; /* bytes of the text */
    const char *fault, *expected;
};

struct rule_lexer {
    struct str text;
    size_t at;
    bool line_ends; /* the last token ends an operand */
};

/* The next token; TOKEN_END again and again behind the last. Blanks and comments stand between tokens. The
 * text is UTF-8: see rule_text_fault. */
struct rule_token rule_lexer_next(struct rule_lexer *lexer);

/* Offset of the first byte that Go's scanner takes in no place (NUL, what is not UTF-8, a byte order mark
 * behind the start), or text.n. */
size_t rule_text_fault(struct str text);

/* Where a string that begins at `at` (a backtick or double quote) ends: the offset behind its closing quote,
 * or 0 where it is not closed (double quotes: on the same line). */
size_t rule_string_end(struct str text, size_t at);

/* The meaning of a whole string literal. Backticks: all but carriage returns as it stands; double quotes:
 * Go's escapes. What has neither is returned in place, the rest lies in `arena`. p == NULL at an escape that
 * Go does not know; *fault is its offset in the literal then. */
struct str rule_string_decode(struct arena *arena, struct str literal, size_t *fault);
