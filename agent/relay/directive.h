/* What the relay is told to do with a request: the text that HAProxy sends along in a header
 * (compiler/plan/relay.h writes it, or templates/services.lua). Pure. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

enum directive_kind {
    DIRECTIVE_MIRROR,
    DIRECTIVE_FAILOVER,
    DIRECTIVE_ERRORS,
    DIRECTIVE_RETRY,
    DIRECTIVE_BUFFER,
    DIRECTIVE_COMPRESS
};

struct status_range {
    int from, to;
};

struct status_list {
    const struct status_range *p;
    size_t n;
};

/* Another status for those of a range. */
struct status_rewrite {
    struct status_range range;
    int to;
};

struct directive {
    enum directive_kind kind;
    int64_t max_body;            /* bytes of the request's body; < 0: no limit */
    struct status_list statuses; /* answers that are not good enough */
    union {
        struct {
            bool with_body;
            const struct str *targets; /* who gets a copy, in this order */
            size_t n_targets;
        } mirror;
        struct {
            struct str target; /* who is asked then */
        } failover;
        struct {
            const struct status_rewrite *rewrites;
            size_t n_rewrites;
            struct str target, query; /* who has the pages, and where */
            bool all_headers;         /* else those named */
            const struct str *headers;
            size_t n_headers;
        } errors;
        struct {
            int64_t attempts, interval_ns, timeout_ns;
            bool on_network_error, non_idempotent;
        } retry;
        struct {
            int64_t memory, max_answer, answer_memory; /* bytes; max_answer < 0: no limit */
            struct str again;                          /* an expression (expression.h), or empty */
        } buffer;
        struct {
            int64_t min_size;
            struct str default_encoding; /* or empty */
            const struct str *encodings;
            size_t n_encodings;
            bool only;               /* `types` are those to compress, else those not to */
            const struct str *types; /* in small letters, without parameters */
            size_t n_types;
        } compress;
    };
};

struct directives {
    const struct directive *p; /* from the outside in */
    size_t n;
};

/* `text` is ops, each ended by ';', of a name and arguments that are parted by '?' and quoted by quote_field:
 *     mirror?BODY?MAX?TARGET?…                        BODY 1 or 0; MAX bytes or -1
 *     failover?MAX?STATUSES?TARGET                    STATUSES "500-599,404"
 *     errors?STATUSES?REWRITES?TARGET?QUERY?all       or …?only?HEADER?…
 *                                                     REWRITES "500-503-418,…": the last is the new status
 *     retry?ATTEMPTS?INTERVAL?TIMEOUT?MAX?STATUSES?FLAGS
 *                                                     nanoseconds; FLAGS: n on network errors, i methods
 *                                                     that are not idempotent
 *     buffer?MAX?MEMORY?MAX?MEMORY?AGAIN              of the request, of the answer, bytes; MAX 0: no limit
 *     compress?MIN?DEFAULT?ENCODING,…?only            or but; then ?TYPE?…
 * TARGET is "}name", or a backend (compiler/plan/choice.h). false: it is no such text. */
bool directives_read(struct arena *arena, struct str text, struct directives *out);

bool status_list_has(const struct status_list *list, int status);
