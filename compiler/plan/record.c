#include "plan/record.h"

#include "base/quote.h"

static void put_flags(struct buf *out, const struct match *match, const struct chain_plan *chain, char cut,
                      bool chosen)
{
    if (match->rivals.n)
        buf_putc(out, '+');
    size_t before = out->n;
    if (cut)
        buf_putc(out, cut);
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

static void put_router(struct arena *arena, struct buf *out, const struct match *match, const struct model_router *router,
                       const struct chain_plan *chain, const struct choice_target *target)
{
    struct chain_cut cut = cut_of(arena, match, chain);
    put_flags(out, match, chain, cut.flag, target->chosen);
    buf_putc(out, ';');
    buf_put(out, target->text);
    buf_putc(out, ';');
    router_put_rank(out, router->priority, router->name);
    buf_putc(out, ';');
    buf_put(out, router->order);
    buf_putc(out, ';');
    buf_put(out, chain->program ? chain->program->id : STR(""));
    buf_putc(out, ';');
    if (cut.flag) {
        quote_field(out, chain->strip->strip.prefixes[match->prefix]);
        buf_putc(out, '?');
    }
    buf_putc(out, ';');
    buf_put(out, cut.result);
    buf_putc(out, ';');
}

struct str record_render(struct arena *arena, struct buf *scratch, const struct match *match,
                         const struct model_router *router, const struct chain_plan *chain, const struct choice_target *target)
{
    buf_reset(scratch);
    if (router) {
        put_router(arena, scratch, match, router, chain, target);
    } else {
        put_flags(scratch, match, NULL, '\0', false);
        buf_puts(scratch, ";;" RANK_NOBODY ";;;;;");
    }
    buf_put(scratch, match->rivals.n ? match->rivals : match->group);
    if (router && chain->ops.key.p) {
        buf_putc(scratch, ';');
        buf_put(scratch, chain->ops.key);
    }
    return arena_copy(arena, buf_str(scratch));
}
