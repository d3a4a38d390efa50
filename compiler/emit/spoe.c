#include "emit/parts.h"
#include "emit/scope.h"

void emit_spoe(struct buf *out, struct arena *arena, const struct plan *plan)
{
    struct template_scope scope =
        SCOPE(arena, TEXT("timeout", emit_duration(arena, plan->settings->agent.timeout_ns)),
              TEXT("full_group", plan->shape.agent_full ? STR(" full") : STR("")),
              FLAG("agent_full", plan->shape.agent_full));
    template_render(out, "spoe.cfg", template_load("spoe.cfg"), &scope);
}
