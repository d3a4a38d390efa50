/* Lanes: programs of which nothing but checks and sets is asked, done by HAProxy's own rules
 * (templates/lane.cfg), at a third of what Lua costs. Whatever a request has that a lane cannot be sure of,
 * is left to the program: nothing has been done to it then. Internal to plan.
 *
 * A lane's text stands in programs.map. Fields are parted by ';' and quoted by quote_field:
 *     1 BITS      what there is to do, enum lane_bits
 *     2 REWRITE   place + 1 in shape.lane_rewrites, or 0: 6 PATH
 *     3 REQUEST   bits of the headers that are set, by their places in shape.lane_requests
 *     4 ANSWER    and in lane_answers
 *     5 AMOUNT    of requests in flight
 *     6 PATH
 *     7 ALLOW     digest of the lists
 *     8 COUNTER
 *     9 …         where any header is set, its values: first one for each of lane_requests, then one for each
 *                 of lane_answers
 * A rule counts to its field byte by byte: what is asked for often stands near the beginning, and values are
 * counted from the end. */
#pragma once

#include "plan/plan.h"

enum { LANE_MAX_REQUESTS = 12, LANE_MAX_ANSWERS = 20, LANE_MAX_REWRITES = 12 };

/* The numbers stand in templates/lane.cfg. */
enum lane_bits {
    LANE_ALLOW = 1, /* ALLOW is what sess.al says: the peer has passed these lists */
    LANE_HOST = 2, /* X-Forwarded-Proto is http or ws and the Host a plain name without a port: redirectScheme
                      lets it pass */
    LANE_COUNT_BY_HOST = 4, /* COUNTER, AMOUNT */
    LANE_COUNT_BY_PEER = 8,
    LANE_REWRITE = 16, /* REWRITE, or PATH */
    LANE_REQUESTS = 32,
    LANE_ANSWERS = 64,
};

struct lane {
    struct str allow;       /* empty: no list */
    bool host;              /* a redirectScheme to http */
    enum lane_bits counted; /* LANE_COUNT_…, or 0 */
    struct str counter;     /* key of the count */
    int64_t amount;
    const struct model_op *strip;                /* NULL: none */
    struct str put;                              /* in front of the path; or empty */
    struct str rewrite;                          /* "EXPRESSION TEMPLATE" of one regsub; or empty */
    struct str path;                             /* replacePath; or empty */
    struct model_headers_list requests, answers; /* by name */
};

/* The lane of a router's chain; NULL where there is none. */
const struct lane *lane_of(struct arena *arena, const struct model_router *router);

/* Its text for a shape; empty where the shape lacks a name or an expression. */
struct str lane_text(struct arena *arena, const struct lane *lane, const struct shape *shape);

/* Whether s can be one of shape.lane_rewrites: two words of nothing that a configuration would take for
 * something else. */
bool lane_is_rewrite(struct str s);
