#include "plan/record.h"

#include "base/quote.h"
#include "plan/rank.h"

static void put_flags(struct buf *out, const struct match *match, const struct chain_plan *chain)
{
    size_t before = out->n;
    if (match->challenged)
        buf_putc(out, 'a');
    if (match->cuts)
        buf_putc(out, chain_cut_flag(chain, match->prefix));
    if (chain->program)
        buf_putc(out, 'g');
    if (out->n == before)
        buf_putc(out, '.');
}

struct str record_render(struct arena *arena, struct buf *scratch, const struct match *match,
                         const struct model_router *router, const struct chain_plan *chain, struct str backend)
{
    buf_reset(scratch);
    put_flags(scratch, match, chain);
    buf_putc(scratch, ';');
    buf_put(scratch, backend);
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
    return arena_copy(arena, buf_str(scratch));
}
