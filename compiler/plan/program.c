#include "plan/program.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/quote.h"
#include "plan/conjunct.h"
#include "plan/key.h"
#include "plan/ops.h"
#include "plan/choice.h"
#include "plan/program_auth.h"
#include "plan/relayed.h"

enum { DIGEST_DIGITS = 16 };

/* What the agent does for the op at `at`; nothing is written where it does nothing. */
static void put_op(struct buf *out, const struct model_router *router, size_t at, struct program_need *need)
{
    const struct model_op *op = &router->ops[at];
    if (op->kind == OP_RATE_LIMIT)
        program_put_limit(out, router, at, need);
    else if (op->kind == OP_BREAKER)
        program_put_breaker(out, router, at, need);
    else
        program_put_auth(out, router, at, need);
}

/* The program of those ops of a router that are marked. */
static const struct plan_program *agent_program(struct arena *arena, const struct model_router *router,
                                                const bool *marked, const struct settings *settings)
{
    struct buf json = { 0 }, op = { 0 };
    struct program_need need = { 0 };
    size_t n = 0;
    buf_puts(&json, "{\"ops\":[");
    for (size_t i = 0; i < router->n_ops; i++) {
        buf_reset(&op);
        if (marked[i])
            put_op(&op, router, i, &need);
        if (op.n && n++)
            buf_putc(&json, ',');
        buf_put(&json, buf_str(&op));
    }
    buf_puts(&json, "]}");
    struct plan_program *program = NULL;
    if (n) {
        char digest[DIGEST_DIGITS + 1];
        sha256_hex(buf_str(&json), digest, DIGEST_DIGITS);
        program = ARENA_NEW(arena, struct plan_program);
        program->json = arena_copy(arena, buf_str(&json));
        program->id =
            arena_printf(arena, "%c%c%s", need.closed || settings->agent.rate_limit_fails_closed ? 'c' : 'o',
                         program_letter(&need), digest);
    }
    buf_fini(&json);
    buf_fini(&op);
    return program;
}

static bool is_of_agent(const struct model_op *op)
{
    return op->kind == OP_RATE_LIMIT || op->kind == OP_BASIC_AUTH || op->kind == OP_DIGEST_AUTH ||
           op->kind == OP_FORWARD_AUTH || op->kind == OP_BREAKER;
}

/* Whether the verdict of an agent's op is the same before and behind a native op that neither refuses nor
 * changes answers. */
static bool is_blind(const struct model_op *op)
{
    return op->kind == OP_BREAKER || (op->kind == OP_RATE_LIMIT && program_limits_peer(op));
}

/* Whether a native op leaves answers alone and never refuses a request. */
static bool is_silent(const struct model_op *op)
{
    const struct model_headers *h = op->headers;
    return op->kind == OP_ADD_PREFIX || op->kind == OP_CLIENT_CERT ||
           (op->kind == OP_HEADERS && h->response.n == 0 && !h->cors.on && h->n_hosts == 0 &&
            h->security.n == 0 && h->secure.n == 0);
}

/* Keys of the strip's prefixes. */
static void fill_strip(struct arena *arena, struct chain_plan *chain)
{
    struct str *prefixes = ARENA_ARRAY(arena, struct str, chain->strip->strip.n);
    struct buf key = { 0 };
    for (size_t i = 0; i < chain->strip->strip.n; i++) {
        buf_reset(&key);
        key_put_prefix(&key, chain->strip->strip.prefixes[i]);
        prefixes[i] = arena_copy(arena, buf_str(&key));
    }
    buf_fini(&key);
    chain->prefixes = prefixes;
}

/* Whether keys can tell of all requests below `path`, of a rule, that hold `prefix` in their decoded path. */
static bool is_told_by_keys(struct str path, struct str prefix)
{
    size_t n = 0, spellings = 0;
    while (n < path.n && n < prefix.n && path.p[n] == prefix.p[n])
        n++;
    if (n < path.n && n < prefix.n)
        return path.p[n] != '%';
    for (size_t i = n; i < prefix.n; i++)
        spellings += key_has_spellings(prefix.p[i]);
    return n > 0 && spellings <= KEY_MOST_SPELT;
}

/* Whether the keys of a router know of all that a strip cuts. */
static bool keys_tell(const struct model_router *router, const struct model_op *op)
{
    for (size_t c = 0; c < router->dnf.n; c++) {
        const struct rule_conjunct *conjunct = &router->dnf.conjuncts[c];
        struct str path = STR("/");
        for (size_t i = 0; i < conjunct->n; i++)
            if (conjunct->literals[i].matcher == MATCHER_PATH ||
                conjunct->literals[i].matcher == MATCHER_PATH_PREFIX)
                path = conjunct->literals[i].args[0];
        for (size_t i = 0; i < op->strip.n; i++)
            if (!is_told_by_keys(path, op->strip.prefixes[i]))
                return false;
    }
    return dnf_is_decided(&router->dnf);
}

/* At most one strip, of paths that the router's keys know, and ops of the agent, which computes for itself
 * what those behind the strip see. */
static bool is_simple(const struct model_router *router)
{
    size_t n_native = 0;
    for (size_t i = 0; i < router->n_ops; i++) {
        const struct model_op *op = &router->ops[i];
        n_native += !is_of_agent(op);
        if (!is_of_agent(op) && (op->kind != OP_STRIP_PREFIX || !keys_tell(router, op)))
            return false;
    }
    return n_native <= 1;
}

static struct chain_plan simple_chain(struct arena *arena, const struct model_router *router,
                                      const struct settings *settings)
{
    struct chain_plan chain = { 0 };
    bool *marked = ARENA_ARRAY(arena, bool, router->n_ops);
    for (size_t i = 0; i < router->n_ops; i++) {
        marked[i] = true; /* the agent may have to know of the cut */
        if (router->ops[i].kind == OP_STRIP_PREFIX)
            chain.strip = &router->ops[i];
    }
    chain.program = agent_program(arena, router, marked, settings);
    chain.rounds = chain.program != NULL;
    if (chain.strip)
        fill_strip(arena, &chain);
    return chain;
}

/* Marks the agent's ops from `at` on that one call can decide together. What stands between them runs behind
 * the call then, so it must be silent, and they blind to it. */
static void mark_call(const struct model_router *router, size_t at, bool *marked)
{
    bool between = false;
    for (size_t i = at; i < router->n_ops; i++) {
        const struct model_op *op = &router->ops[i];
        if (is_of_agent(op) && between && !is_blind(op))
            return;
        if (!is_of_agent(op) && !is_silent(op))
            return;
        marked[i] = is_of_agent(op);
        between = between || !is_of_agent(op);
    }
}

static void add_lane(struct arena *arena, const struct model_router *router, struct chain_plan *chain)
{
    const struct lane *lane = lane_of(arena, router);
    if (!lane || (lane->strip && !dnf_is_decided(&router->dnf)))
        return;
    for (size_t i = 0; lane->strip && i < lane->strip->strip.n; i++)
        if (lane->strip->strip.prefixes[i].n == 0)
            return; /* it "cuts" every path, and hides those behind it */
    chain->lane = lane;
    chain->strip = lane->strip;
    if (chain->strip)
        fill_strip(arena, chain);
}

static struct chain_plan general_chain(struct arena *arena, const struct model_router *router,
                                       const struct settings *settings, size_t from, bool tells);

/* Whether the page of an errors is asked for with what stands behind the run of relayed ops that ends before
 * `end` has made of the request. Not where it is buffered in between: that works on a copy. */
static bool errors_waits(const struct model_router *router, size_t end)
{
    for (size_t i = end; i > 0 && router->ops[i - 1].kind == OP_RELAYED; i--) {
        enum model_relayed_kind kind = router->ops[i - 1].relayed->kind;
        if (kind == RELAYED_ERRORS || kind == RELAYED_BUFFERING)
            return kind == RELAYED_ERRORS;
    }
    return false;
}

/* A run of ops of the relay's, from `at` on, and all that stands behind it: returns what that comes to. The
 * text is "relay?FLAGS?PROGRAM? OPS?SERVICE" and, for each of them, what relayed_put appends. */
static struct chain_plan put_relayed(struct buf *text, struct arena *arena, const struct model_router *router,
                                     const struct settings *settings, size_t at)
{
    size_t end = at;
    while (end < router->n_ops && router->ops[end].kind == OP_RELAYED)
        end++;
    struct chain_plan rest = { 0 };
    if (end < router->n_ops)
        rest = general_chain(arena, router, settings, end, errors_waits(router, end));
    const char *native = !rest.ops.key.p ? "" : rest.program ? "q" : "p";
    struct str program = rest.program ? rest.program->id : STR("");
    buf_printf(text, "relay?%s%sb?%.*s?%.*s?", rest.program ? "g" : "", native, STR_ARG(program),
               STR_ARG(rest.ops.key));
    quote_field(text, choice_name_of(arena, router->service));
    for (size_t i = at; i < end; i++)
        relayed_put(text, arena, router->ops[i].relayed);
    buf_putc(text, ';');
    return rest;
}

/* What stands behind the relay is part of the whole; it is asked here, too, where a request does not need the
 * relay. */
static void take_rest(struct chain_plan *chain, struct arena *arena, const struct chain_plan *rest,
                      const struct plan_program **asked)
{
    struct plan_entry *more = ARENA_ARRAY(arena, struct plan_entry, rest->n_more + 1);
    for (size_t i = 0; i < rest->n_more; i++)
        more[chain->n_more++] = rest->more[i];
    if (rest->ops.key.p)
        more[chain->n_more++] = rest->ops;
    chain->more = more;
    for (size_t i = 0; i < rest->n_asked; i++)
        asked[chain->n_asked++] = rest->asked[i];
    if (rest->program)
        asked[chain->n_asked++] = rest->program;
    chain->rounds += rest->rounds;
}

/* Of the ops from `from` on. tells: the relay hears what they make of a request. */
static struct chain_plan general_chain(struct arena *arena, const struct model_router *router,
                                       const struct settings *settings, size_t from, bool tells)
{
    struct chain_plan chain = { 0 };
    const struct plan_program **asked = ARENA_ARRAY(arena, const struct plan_program *, router->n_ops);
    bool *done = ARENA_ARRAY(arena, bool, router->n_ops), native = tells;
    struct buf text = { 0 };
    if (tells)
        buf_puts(&text, "tell?;");
    for (size_t i = from; i < router->n_ops; i++) {
        if (done[i])
            continue;
        if (router->ops[i].kind == OP_RELAYED) {
            struct chain_plan rest = put_relayed(&text, arena, router, settings, i);
            take_rest(&chain, arena, &rest, asked);
            break;
        }
        if (!is_of_agent(&router->ops[i])) {
            ops_put(&text, router, i);
            chain.rounds += router->ops[i].kind == OP_IN_FLIGHT;
            native = true;
            continue;
        }
        bool *marked = ARENA_ARRAY(arena, bool, router->n_ops);
        mark_call(router, i, marked);
        const struct plan_program *program = agent_program(arena, router, marked, settings);
        for (size_t j = i; j < router->n_ops; j++)
            done[j] = done[j] || marked[j];
        chain.rounds++;
        if (native) {
            ops_put_agent(&text, program->id);
            asked[chain.n_asked++] = program;
        } else {
            chain.program = program;
        }
    }
    chain.asked = asked;
    if (text.n)
        chain.ops = ops_entry(arena, buf_str(&text));
    buf_fini(&text);
    if (chain.ops.key.p && !chain.program && !chain.n_asked)
        add_lane(arena, router, &chain);
    return chain;
}

struct chain_plan chain_plan_of(struct arena *arena, const struct model_router *router,
                                const struct settings *settings)
{
    return is_simple(router) ? simple_chain(arena, router, settings)
                             : general_chain(arena, router, settings, 0, false);
}

void chain_settle(struct arena *arena, struct chain_plan *chain, const struct shape *shape)
{
    struct str text = chain->lane ? lane_text(arena, chain->lane, shape) : (struct str){ 0 };
    chain->lane_entry =
        text.n && text.n <= OPS_LINE_MAX ? ops_entry(arena, text) : (struct plan_entry){ { 0 }, { 0 } };
}

size_t chain_prefix_at(const struct chain_plan *chain, struct str key_path)
{
    size_t n = chain->strip ? chain->strip->strip.n : 0;
    for (size_t i = 0; i < n; i++)
        if (chain->prefixes[i].n && key_starts(key_path, chain->prefixes[i]))
            return i;
    return n;
}

/* Bytes that stand for themselves in a record's field and in an undecoded path alike. */
static bool is_plain(struct str s)
{
    return str_is_of(s, "/-._~!$&'()*+,:=@");
}

/* No empty and no dot segments: what Traefik refuses after a strip. */
static bool is_normal(struct str path)
{
    while (path.p) {
        struct str segment = str_cut(&path, '/');
        bool last = path.p == NULL;
        if ((segment.n == 0 && !last) || str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
            return false;
    }
    return true;
}

struct chain_cut chain_cut_at(struct arena *arena, const struct chain_plan *chain, size_t prefix,
                              struct str key_path, bool exact)
{
    struct str from = chain->strip->strip.prefixes[prefix], rest = str_from(key_path, from.n);
    if (!is_plain(from) || !str_starts(key_path, from) || chain->strip->strip.force_slash)
        return (struct chain_cut){ .flag = 'S' };
    if (!exact || !is_plain(rest) || !is_normal(str_from(rest, rest.n && rest.p[0] == '/')))
        return (struct chain_cut){ .flag = 's' };
    bool slash = rest.n && rest.p[0] == '/';
    return (struct chain_cut){ 'e', arena_printf(arena, "%s%.*s", slash ? "" : "/", STR_ARG(rest)) };
}
