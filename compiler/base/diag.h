/* Findings: what is wrong with the input, said like a good compiler says it. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* Every code with its default severity and one line of meaning; `maitred help CODE` prints it. Codes are
 * stable: scripts match them. */
#define FINDING_CODES(X)                                                                                     \
    X(UNKNOWN_KEY, "unknown-key", ERROR,                                                                     \
      "the key is none of Traefik's schema; the object it stands in is left out")                            \
    X(BAD_VALUE, "bad-value", ERROR, "the value is not of the type that the key needs")                      \
    X(BAD_STRUCTURE, "bad-structure", ERROR,                                                                 \
      "a value where further keys belong, or keys below a plain value")                                      \
    X(BAD_SOURCE, "bad-source", ERROR, "the input cannot be read as what it claims to be")                   \
    X(DUPLICATE_KEY, "duplicate-key", WARNING, "two keys say the same; the last one counts")                 \
    X(MARKER_IGNORED, "marker-ignored", WARNING,                                                             \
      "a switch with another value than true or nothing is off, with all below it")                          \
    X(LIST_KEY_IGNORED, "list-key-ignored", WARNING,                                                         \
      "a key below a list that is no number; it says nothing")                                               \
    X(RULE_SYNTAX, "rule-syntax", ERROR, "the rule does not parse; the router is left out")                  \
    X(RULE_MATCHER, "rule-matcher", ERROR,                                                                   \
      "a matcher is unknown or its arguments are wrong; the router is left out")                             \
    X(RULE_REGEX, "rule-regex", ERROR,                                                                       \
      "a regular expression that Go's syntax does not know, or too large a one; the router is left out")     \
    X(RULE_TOO_LARGE, "rule-too-large", ERROR, "the rule expands to more alternatives than are compiled")    \
    X(RULE_NEVER, "rule-never", WARNING, "the rule can never match")                                         \
    X(RULE_DIFFERS, "rule-differs", WARNING,                                                                 \
      "for some requests the rule says something else here than in Traefik")                                 \
    X(REGEX_BACKTRACK, "regex-backtrack", WARNING,                                                           \
      "the regular expression may need time beyond all bounds; then it does not match")                      \
    X(MISSING_REFERENCE, "missing-reference", ERROR, "a name that no object has; what needs it is left out") \
    X(BROKEN_REFERENCE, "broken-reference", ERROR,                                                           \
      "the object named is itself in error; what needs it is left out")                                      \
    X(BAD_OBJECT, "bad-object", ERROR, "the object is incomplete or contradicts itself; it is left out")     \
    X(UNKNOWN_ENTRY_POINT, "unknown-entry-point", WARNING,                                                   \
      "the router names an entry point that the static settings lack")                                       \
    X(NOT_SUPPORTED, "not-supported", ERROR,                                                                 \
      "Traefik knows it, maitred does not do it yet; what needs it is left out")                             \
    X(LIMITED, "limited", WARNING, "it works within limits that Traefik does not have")                      \
    X(IGNORED_SETTING, "ignored-setting", WARNING, "a setting of Traefik's that has no meaning here")        \
    X(UNKNOWN_SETTING, "unknown-setting", ERROR, "the setting is neither Traefik's nor maitred's")           \
    X(BAD_SETTING, "bad-setting", ERROR, "the value of a setting is not of its type")                        \
    X(UNRESOLVED, "unresolved", WARNING,                                                                     \
      "a server's name that no name server knows at present; the server keeps its last address, or answers " \
      "502")                                                                                                 \
    X(TIE, "tie", NOTE,                                                                                      \
      "two routers of equal priority can match one request; the name decides here, chance in Traefik")

enum finding_code {
#define X(id, name, severity, meaning) FINDING_##id,
    FINDING_CODES(X)
#undef X
        FINDING_COUNT
};

struct finding {
    enum finding_code code;
    enum severity severity;
    struct str key;      /* the key (or flag, or file) it speaks of; may be empty */
    struct str text;     /* the text at fault; never a secret's; may be empty */
    size_t at, length;   /* the marker: bytes of text; length 0 marks nothing */
    struct str message;  /* what is wrong, no full stop */
    struct str expected; /* what was expected; may be empty */
    struct str nearest;  /* the nearest valid name; may be empty */
};

struct diag;

/* A list of findings in `arena`. At most `limit` are kept, the rest is counted (0: 1,000). */
struct diag *diag_create(struct arena *arena, size_t limit);

/* Adds a copy of f, its severity taken from the code's row. */
void diag_add(struct diag *diag, struct finding f);

/* The usual case in one call: no text, no marker. */
void diag_report(struct diag *diag, enum finding_code code, struct str key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

size_t diag_count(const struct diag *diag, enum severity at_least);
size_t diag_total(const struct diag *diag);
const struct finding *diag_get(const struct diag *diag, size_t i);

/* By key, then code, then message and the rest; 0: they say the same. */
int finding_compare(const struct finding *a, const struct finding *b);

/* Orders by that: equal inputs give equal output. */
void diag_sort(struct diag *diag);

const char *finding_name(enum finding_code code);
const char *finding_meaning(enum finding_code code);
enum severity finding_severity(enum finding_code code);
/* The code of that name, or FINDING_COUNT. */
enum finding_code finding_by_name(struct str name);
const char *severity_name(enum severity severity);

/* One finding as text: a headline, the text with a marker under the fault, the hints. */
void finding_print(struct buf *out, const struct finding *f, bool colour);

/* All findings as text, a blank line between two, and a closing line that counts them. */
void diag_print(struct buf *out, const struct diag *diag, bool colour);

/* One finding as a JSON object without its closing brace, so that more members may follow. */
void finding_put_json(struct buf *out, const struct finding *f);

/* All findings as a JSON array. */
void diag_print_json(struct buf *out, const struct diag *diag);

/* The candidate nearest to name (distance at most a third of its length, at least 1), or empty. */
struct str nearest_name(struct str name, const struct str *candidates, size_t n);
