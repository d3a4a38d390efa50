#include "emit/parts.h"
#include "emit/scope.h"

void emit_spoe(struct buf *out, struct arena *arena, const struct plan *plan)
{
    struct template_scope scope = SCOPE(
        arena, emit_engines(arena, &plan->shape, emit_duration(arena, plan->settings->agent.timeout_ns)));
    template_render(out, "spoe.cfg", template_load("spoe.cfg"), &scope);
}
