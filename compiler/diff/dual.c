#include "diff/dual.h"

#include <inttypes.h>

#include "plan/entry.h"

/* What a look-up of `key` finds. */
static struct str meaning_in(const struct runtime_state *state, struct str key)
{
    const struct plan_entry *found = entry_find_beginning(state->routes, state->n_routes, key);
    return found ? found->value : (struct str){ 0 };
}

struct dual *dual_of_changes(struct arena *arena, const struct route_change *changes, size_t n,
                             const struct runtime_state *before, const struct runtime_state *after)
{
    struct dual *duals = ARENA_ARRAY(arena, struct dual, n);
    for (size_t i = 0; i < n; i++) {
        const struct plan_entry *old = changes[i].old, *new = changes[i].new;
        struct str key = new ? new->key : old->key;
        duals[i] = (struct dual){ .key = key, .was = old, .stays = new };
        duals[i].old = old ? old->value : meaning_in(before, key);
        duals[i].new = new ? new->value : meaning_in(after, key);
    }
    return duals;
}

void dual_put(struct buf *out, const struct dual *dual, int64_t number)
{
    buf_printf(out, DUAL_MARK "%" PRId64 DUAL_MARK "%zu" DUAL_MARK, number, dual->new.n);
    buf_put(out, dual->new);
    buf_put(out, dual->old);
}
