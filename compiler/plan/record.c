#include "plan/record.h"

#include "base/quote.h"

static void put_flags(struct buf *out, const struct match *match, const struct chain_plan *chain,
                      const char *cut, bool chosen)
{
    if (match->rivals.n)
        buf_putc(out, '+');
    size_t before = out->n;
    buf_puts(out, cut);
    if (chain && chain->program)
        buf_putc(out, 'g');
    if (chain && chain->ops.key.p)
        buf_putc(out, chain->program ? 'q' : 'p');
    if (chosen)
        buf_putc(out, 'b');
    if (out->n == before)
        buf_putc(out, '.');
}

static struct chain_cut cut_of(struct arena *arena, const struct match *match, const struct chain_plan *chain)
{
    struct str path = str_from(match->key, match->path_at);
    bool exact = path.n && path.p[path.n - 1] == '?';
    return match->cuts ? chain_cut_at(arena, chain, match->prefix, str_head(path, path.n - exact), exact)
                       : (struct chain_cut){ 0 };
}

/* Where the chain has a lane: the flags for it; empty where a cut of this key's paths is none that a lane can
 * make. */
static const char *lane_flags(const struct match *match, const struct chain_plan *chain,
                              const struct chain_cut *cut)
{
    if (cut->flag == 'S' || cut->flag == 'e')
        return "";
    return match->cuts || chain->lane->put.n ? "nc" : "n";
}

static void put_router(struct arena *arena, struct buf *out, const struct match *match,
                       const struct model_router *router, const struct chain_plan *chain,
                       const struct choice_target *target)
{
    struct chain_cut cut = cut_of(arena, match, chain);
    const char flag[] = { cut.flag, '\0' }, *flags = flag;
    if (chain->lane) {
        flags = chain->lane_entry.key.p && !target->chosen ? lane_flags(match, chain, &cut) : "";
        cut.result = (struct str){ 0 };
    }
    put_flags(out, match, chain, flags, target->chosen);
    buf_putc(out, ';');
    buf_put(out, target->text);
    buf_putc(out, ';');
    router_put_rank(out, router->priority, router->name);
    buf_putc(out, ';');
    buf_put(out, router->order);
    buf_putc(out, ';');
    buf_put(out, chain->program ? chain->program->id : STR(""));
    buf_putc(out, ';');
    if (cut.flag && (!chain->lane || *flags))
        quote_field(out, chain->strip->strip.prefixes[match->prefix]);
    if (flags[0] && (cut.flag || flags[1])) {
        buf_putc(out, '?');
        buf_put(out, chain->lane ? chain->lane->put : STR(""));
    }
    buf_putc(out, ';');
    buf_put(out, cut.result);
    buf_putc(out, ';');
}

struct str record_render(struct arena *arena, struct buf *scratch, const struct match *match,
                         const struct model_router *router, const struct chain_plan *chain,
                         const struct choice_target *target)
{
    buf_reset(scratch);
    if (router) {
        put_router(arena, scratch, match, router, chain, target);
    } else {
        put_flags(scratch, match, NULL, "", false);
        buf_puts(scratch, ";;" RANK_NOBODY ";;;;;");
    }
    buf_put(scratch, match->rivals.n ? match->rivals : match->group);
    bool own_options = router && router->tls && !str_eq(router->tls_options, STR(MODEL_TLS_DEFAULT));
    bool has_lane = router && chain->lane_entry.key.p;
    if (router && (chain->ops.key.p || own_options)) {
        buf_putc(scratch, ';');
        buf_put(scratch, chain->ops.key);
    }
    if (own_options || has_lane)
        buf_putc(scratch, ';');
    if (own_options)
        quote_field(scratch, router->tls_options);
    if (has_lane) {
        buf_putc(scratch, ';');
        buf_put(scratch, chain->lane_entry.key);
    }
    return arena_copy(arena, buf_str(scratch));
}

static struct str field_at(struct str record, enum record_field field)
{
    struct str value = { 0 };
    for (int i = 0; i < (int)field && record.p; i++)
        value = str_cut(&record, ';');
    return value;
}

struct str record_router(struct str record)
{
    return field_at(record, RECORD_ROUTER);
}

struct str record_renamed(struct arena *arena, struct str record, const struct strmap *names)
{
    struct str backend = field_at(record, RECORD_BACKEND);
    const struct str *other = strmap_get(names, backend);
    if (!other)
        return record;
    struct str before = str_head(record, (size_t)(backend.p - record.p)),
               behind = str_from(record, before.n + backend.n);
    return arena_printf(arena, "%.*s%.*s%.*s", STR_ARG(before), STR_ARG(*other), STR_ARG(behind));
}

/* Where the path begins: behind the number of the entry point. Keys of routers have none. */
static size_t path_of_key(struct str key)
{
    size_t at = key.p[0] == '{' ? key.n : str_find(key, '|') + 1;
    while (at < key.n && ascii_is_digit(key.p[at]))
        at++;
    return at < key.n ? at : key.n;
}

struct str record_again(struct arena *arena, struct buf *scratch, const struct plan_entry *old,
                        const struct model_router *router, const struct chain_plan *chain,
                        const struct choice_target *target)
{
    struct match match = { .key = old->key, .path_at = path_of_key(old->key) };
    struct str more = field_at(old->value, RECORD_MORE), path = str_from(old->key, match.path_at);
    bool rivals = old->value.n && old->value.p[0] == '+', exact = path.n && path.p[path.n - 1] == '?';
    if (rivals)
        match.rivals = more;
    else
        match.group = more;
    if (old->key.p[0] != '{') {
        match.prefix = chain_prefix_at(chain, str_head(path, path.n - exact));
        match.cuts = chain->strip && match.prefix < chain->strip->strip.n;
    }
    return record_render(arena, scratch, &match, router, chain, target);
}
