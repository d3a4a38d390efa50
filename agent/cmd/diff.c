#include <stdio.h>

#include "base/vec.h"
#include "cmd/source.h"
#include "diff/diff.h"
#include "emit/change.h"
#include "diff/meaning.h"
#include "emit/emit.h"

enum { STEP_KINDS = STEP_REMOVE_SERVER + 1 };

/* Everything that the report says. */
struct report {
    struct source old, new;
    struct meanings meanings;
    struct artifact_changes artifacts;
    struct str reload; /* why the skeleton changes; empty: it does not */
    size_t steps[STEP_KINDS];
    size_t records; /* of the route map */
};

/* A file against a store: the file is read as if it were imported, else every name would differ. */
static void align_providers(struct report *r)
{
    if (!str_eq(r->old.snapshot.provider, r->new.snapshot.provider))
        r->old.snapshot.provider = r->new.snapshot.provider = STR("etcd");
}

static struct str reload_reason(const struct plan *plan, const struct artifacts *old,
                                const struct artifacts *new)
{
    if (plan->shape_reason.n)
        return plan->shape_reason;
    for (size_t i = 0; i < new->n; i++) {
        const struct artifact *a = artifact_find(old, new->p[i].name);
        if (new->p[i].skeleton && !(a && str_eq(a->bytes, new->p[i].bytes)))
            return new->p[i].name;
    }
    return (struct str){ 0 };
}

static void compare(struct report *r)
{
    struct arena *arena = r->new.arena;
    struct meaning_side before = { r->old.model, &r->old.snapshot },
                        after = { r->new.model, &r->new.snapshot };
    r->meanings = meaning_of_change(arena, &before, &after);
    struct emit_paths paths = { STR("."), STR(".") };
    struct plan *old = plan_build(arena, r->old.model, NULL),
                *new = plan_build(arena, r->new.model, &old->shape);
    old->revision = new->revision = 0; /* two sources, two counts: no difference */
    struct artifacts old_files = emit_all(arena, old, &paths), new_files = emit_all(arena, new, &paths);
    r->artifacts = artifacts_compare(arena, &old_files, &new_files);
    r->reload = reload_reason(new, &old_files, &new_files);
    struct runtime_state from = runtime_state_of(old), to = runtime_state_of(new);
    struct steps steps = diff_runtime(arena, &from, &to);
    for (size_t i = 0; i < steps.n; i++)
        r->steps[steps.p[i].kind]++;
    r->records = steps.routes_changed;
}

static void put_heading(struct buf *out, const char *heading, bool colour)
{
    buf_printf(out, "%s%s%s%s\n", out->n ? "\n" : "", colour ? "\033[1m" : "", heading,
               colour ? "\033[0m" : "");
}

static void put_push(struct buf *out, const struct report *r)
{
    if (r->reload.n) {
        buf_printf(out, "a reload of HAProxy: %.*s\n", STR_ARG(r->reload));
        return;
    }
    size_t n = 0;
    for (size_t kind = 0; kind < STEP_KINDS; kind++)
        if (r->steps[kind])
            buf_printf(out, "%s%zu × %s", n++ ? ", " : "at run time, without a reload: ", r->steps[kind],
                       step_name((enum step_kind)kind));
    if (n && r->records)
        buf_printf(out, " (%zu records of the route map)", r->records);
    buf_puts(out, n ? "\n" : "nothing to push\n");
}

static void put_findings(struct buf *out, const struct report *r)
{
    size_t old = diag_count(r->old.diag, SEVERITY_ERROR), new = diag_count(r->new.diag, SEVERITY_ERROR);
    if (old || new)
        buf_printf(out, "\nerrors found by check: %zu before, %zu after\n", old, new);
}

static void put_text(struct buf *out, const struct report *r, bool colour)
{
    if (r->meanings.n) {
        put_heading(out, "meaning", colour);
        meanings_print(out, &r->meanings, colour);
    }
    if (r->artifacts.n) {
        put_heading(out, "artifacts", colour);
        for (size_t i = 0; i < r->artifacts.n; i++) {
            const struct artifact_change *c = &r->artifacts.p[i];
            buf_printf(out, "  %-16.*s +%zu -%zu lines\n", STR_ARG(c->name), c->added, c->removed);
        }
        put_heading(out, "push", colour);
        buf_puts(out, "  ");
        put_push(out, r);
    }
    if (out->n == 0)
        buf_puts(out, "no differences\n");
    put_findings(out, r);
}

static void put_json(struct buf *out, const struct report *r)
{
    buf_puts(out, "{\"meaning\":");
    meanings_print_json(out, &r->meanings);
    buf_puts(out, ",\n\"artifacts\":[");
    for (size_t i = 0; i < r->artifacts.n; i++) {
        const struct artifact_change *c = &r->artifacts.p[i];
        buf_printf(out, "%s{\"name\":\"%.*s\",\"added\":%zu,\"removed\":%zu}", i ? "," : "", STR_ARG(c->name),
                   c->added, c->removed);
    }
    buf_printf(out, "],\n\"push\":{\"reload\":%s,\"reason\":", r->reload.n ? "true" : "false");
    buf_put_json(out, r->reload);
    buf_printf(out, ",\"records\":%zu,\"steps\":{", r->records);
    size_t n = 0;
    for (size_t kind = 0; kind < STEP_KINDS; kind++)
        if (r->steps[kind])
            buf_printf(out, "%s\"%s\":%zu", n++ ? "," : "", step_name((enum step_kind)kind), r->steps[kind]);
    buf_printf(out, "}},\n\"errors\":{\"before\":%zu,\"after\":%zu}}\n",
               diag_count(r->old.diag, SEVERITY_ERROR), diag_count(r->new.diag, SEVERITY_ERROR));
}

static bool load_side(const struct verb_call *call, const char *option, struct source *out)
{
    const char *from = verb_value(call, option);
    *out = (struct source){ 0 };
    if (from)
        return source_load(call, from, out);
    fprintf(stderr, "maitred diff: --from OLD and --to NEW are needed\n");
    return false;
}

enum exit_code verb_diff(const struct verb_call *call)
{
    struct report r = { 0 };
    struct buf out = { 0 };
    enum exit_code status = EXIT_UNABLE;
    if (load_side(call, "--from", &r.old) && load_side(call, "--to", &r.new)) {
        align_providers(&r);
        source_model(&r.old);
        source_model(&r.new);
        compare(&r);
        if (cmd_wants_json(call))
            put_json(&out, &r);
        else
            put_text(&out, &r, cmd_colour(call, stdout));
        fputs(out.p, stdout);
        status = r.meanings.n || r.artifacts.n ? EXIT_FINDINGS : EXIT_CLEAN;
    }
    buf_fini(&out);
    source_fini(&r.old);
    source_fini(&r.new);
    return status;
}
