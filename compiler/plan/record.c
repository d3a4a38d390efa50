#include "plan/record.h"

#include "base/quote.h"
#include "plan/rank.h"

static void put_flags(struct buf *out, const struct match *match, const struct chain_plan *chain, char cut,
                      bool chosen)
{
    size_t before = out->n;
    if (match->challenged)
        buf_putc(out, 'a');
    if (match->cuts)
        buf_putc(out, cut);
    if (chain->program)
        buf_putc(out, 'g');
    if (chosen)
        buf_putc(out, 'b');
    if (out->n == before)
        buf_putc(out, '.');
}

struct str record_render(struct arena *arena, struct buf *scratch, const struct match *match,
                         const struct model_router *router, const struct chain_plan *chain, const struct choice_target *target)
{
    struct str path = str_from(match->key, match->path_at);
    bool exact = path.n && path.p[path.n - 1] == '?';
    struct chain_cut cut = { 0 };
    if (match->cuts)
        cut = chain_cut_at(arena, chain, match->prefix, str_head(path, path.n - exact), exact);
    buf_reset(scratch);
    put_flags(scratch, match, chain, cut.flag, target->chosen);
    buf_putc(scratch, ';');
    buf_put(scratch, target->text);
    buf_putc(scratch, ';');
    rank_put(scratch, router);
    buf_putc(scratch, ';');
    buf_put(scratch, chain->program ? chain->program->id : STR(""));
    buf_putc(scratch, ';');
    quote_field(scratch, router->name);
    buf_putc(scratch, ';');
    if (match->cuts) {
        quote_field(scratch, chain->strip->strip.prefixes[match->prefix]);
        buf_putc(scratch, '?');
    }
    buf_putc(scratch, ';');
    buf_put(scratch, cut.result);
    return arena_copy(arena, buf_str(scratch));
}
