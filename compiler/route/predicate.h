/* Conditions as Traefik's middlewares have them (vulcand/predicate): Go's expressions over a few functions,
 * compared with literals and joined by && and ||. Which functions there are, and what a comparison comes to,
 * the caller says. */
#pragma once

#include "base/str.h"

enum predicate_part { PREDICATE_TRUTH, PREDICATE_FUNCTION, PREDICATE_INT, PREDICATE_FLOAT, PREDICATE_TEXT };
enum predicate_operator {
    PREDICATE_LT,
    PREDICATE_LE,
    PREDICATE_GT,
    PREDICATE_GE,
    PREDICATE_EQ,
    PREDICATE_NE
};

/* As it is written. */
const char *predicate_operator_text(enum predicate_operator operator);

enum { PREDICATE_MOST_ARGUMENTS = 4 };

/* What a part of an expression is. */
struct predicate_value {
    enum predicate_part part;
    size_t function; /* its place among the functions */
    double arguments[PREDICATE_MOST_ARGUMENTS];
    double number;   /* of an int or a float; at most 1e15 from 0 */
    struct str text; /* of a literal, in place: the digits, or what stands between the quotes */
};

struct predicate_function {
    struct str name;
    bool is_truth;                /* it is a condition by itself */
    enum predicate_part argument; /* of n_arguments numbers: ints, or floats */
    size_t n_arguments;
};

/* Called in the order of reverse Polish notation. NULL, or why it cannot be (static text). */
struct predicate_calls {
    const char *(*truth)(void *context, size_t function); /* a function that is a condition */
    const char *(*compare)(void *context, const struct predicate_value *left,
                           enum predicate_operator operator,
                           const struct predicate_value * right); /* neither is a condition */
    const char *(*join)(void *context, bool all);                 /* the last two by &&, else by || */
};

struct predicate_language {
    const struct predicate_function *functions;
    size_t n_functions;
    const char *unknown; /* why another one cannot be */
    struct predicate_calls calls;
};

/* false, with *fault (static text) and *at, where the text is no condition. */
bool predicate_read(struct str text, const struct predicate_language *language, void *context,
                    const char **fault, size_t *at);
