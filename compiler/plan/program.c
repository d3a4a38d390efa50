#include "plan/program.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/quote.h"
#include "plan/key.h"
#include "plan/program_auth.h"

enum { DIGEST_DIGITS = 16 };

/* What the agent does for the op at `at`; nothing is written where it does nothing. */
static void put_op(struct buf *out, const struct model_router *router, size_t at, struct program_need *need)
{
    const struct model_op *op = &router->ops[at];
    if (op->kind == OP_RATE_LIMIT)
        program_put_limit(out, router, at, need);
    else
        program_put_auth(out, router, at, need);
}

static const struct plan_program *agent_program(struct arena *arena, const struct model_router *router,
                                                const struct settings *settings)
{
    struct buf json = { 0 }, op = { 0 };
    struct program_need need = { 0 };
    size_t n = 0;
    buf_puts(&json, "{\"ops\":[");
    for (size_t i = 0; i < router->n_ops; i++) {
        buf_reset(&op);
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
        program->id = arena_printf(arena, "%c%c%s", need.closed || settings->agent.rate_limit_fails_closed ? 'c' : 'o',
                                   program_letter(&need), digest);
    }
    buf_fini(&json);
    buf_fini(&op);
    return program;
}

struct chain_plan chain_plan_of(struct arena *arena, const struct model_router *router,
                                const struct settings *settings)
{
    struct chain_plan chain = { .program = agent_program(arena, router, settings) };
    for (size_t i = 0; i < router->n_ops && !chain.strip; i++)
        if (router->ops[i].kind == OP_STRIP_PREFIX)
            chain.strip = &router->ops[i];
    if (!chain.strip)
        return chain;
    struct str *prefixes = ARENA_ARRAY(arena, struct str, chain.strip->strip.n);
    struct buf key = { 0 };
    for (size_t i = 0; i < chain.strip->strip.n; i++) {
        buf_reset(&key);
        key_put_prefix(&key, chain.strip->strip.prefixes[i]);
        prefixes[i] = arena_copy(arena, buf_str(&key));
    }
    buf_fini(&key);
    chain.prefixes = prefixes;
    return chain;
}

size_t chain_prefix_at(const struct chain_plan *chain, struct str key_path)
{
    size_t n = chain->strip ? chain->strip->strip.n : 0;
    for (size_t i = 0; i < n; i++)
        if (chain->prefixes[i].n && str_starts(key_path, chain->prefixes[i]))
            return i;
    return n;
}

/* Bytes that stand for themselves in a record's field and in an undecoded path alike. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ascii_is_digit(c);
        if (!letter && (c == '\0' || !strchr("/-._~!$&'()*+,:=@", c)))
            return false;
    }
    return true;
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

struct chain_cut chain_cut_at(struct arena *arena, const struct chain_plan *chain, size_t prefix, struct str key_path,
                              bool exact)
{
    struct str from = chain->strip->strip.prefixes[prefix], rest = str_from(key_path, from.n);
    if (!is_plain(from) || chain->strip->strip.force_slash)
        return (struct chain_cut){ .flag = 'S' };
    if (!exact || !is_plain(rest) || !is_normal(str_from(rest, rest.n && rest.p[0] == '/')))
        return (struct chain_cut){ .flag = 's' };
    bool slash = rest.n && rest.p[0] == '/';
    return (struct chain_cut){ 'e', arena_printf(arena, "%s%.*s", slash ? "" : "/", STR_ARG(rest)) };
}
