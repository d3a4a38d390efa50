#include "emit/emit.h"

#include <inttypes.h>

#include "emit/parts.h"
#include "emit/template.h"

void emit_map_line(struct buf *out, const struct plan_entry *entry)
{
    buf_put(out, entry->key);
    buf_putc(out, ' ');
    buf_put(out, entry->value);
    buf_putc(out, '\n');
}

static void emit_lines(struct buf *out, const struct plan_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++)
        emit_map_line(out, &entries[i]);
}

const char *emit_map_name(enum plan_map_id map)
{
    static const char *const names[] = { [MAP_PROGRAMS] = "maps/programs.map",
                                         [MAP_REGEXES] = "maps/regexes.map",
                                         [MAP_FIELDS] = "maps/fields.map",
                                         [MAP_LABELS] = "maps/labels.map",
                                         [MAP_NAMES] = "maps/names.map" };
    return names[map];
}

void emit_policy(struct buf *out, const struct plan *plan)
{
    buf_printf(out, "{\"version\":1,\"revision\":%" PRId64 ",\"programs\":{", plan->revision);
    for (size_t i = 0; i < plan->n_programs; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        buf_put_json(out, plan->programs[i].id);
        buf_putc(out, ':');
        buf_put(out, plan->programs[i].json);
    }
    buf_puts(out, plan->n_programs ? "\n}}\n" : "}}\n");
}

/* Moves what was rendered into the arena. */
static struct artifact finish(struct arena *arena, const char *name, struct buf *bytes, bool skeleton)
{
    struct artifact artifact = { str_c(name), arena_copy(arena, buf_str(bytes)), skeleton };
    buf_reset(bytes);
    return artifact;
}

struct artifacts emit_all(struct arena *arena, const struct plan *plan, const struct emit_paths *paths)
{
    static const char *const scripts[] = { ARTIFACT_SCRIPTS };
    enum { N_SCRIPTS = sizeof scripts / sizeof *scripts, ALL = 7 + N_SCRIPTS + PLAN_MAPS };
    struct artifact *p = ARENA_ARRAY(arena, struct artifact, ALL + plan->n_files);
    struct arena *scratch = arena_create();
    struct buf bytes = { 0 };
    size_t n = 0;
    /* First what the others name. */
    for (size_t i = 0; i < plan->n_files; i++)
        p[n++] = (struct artifact){ arena_printf(arena, ARTIFACT_TLS "/%.*s", STR_ARG(plan->files[i]->name)),
                                    plan->files[i]->bytes, false };
    emit_config(&bytes, scratch, plan, paths);
    p[n++] = finish(arena, ARTIFACT_CONFIG, &bytes, true);
    emit_backends(&bytes, scratch, plan, paths);
    p[n++] = finish(arena, ARTIFACT_BACKENDS, &bytes, false);
    emit_lines(&bytes, plan->routes, plan->n_routes);
    p[n++] = finish(arena, ARTIFACT_ROUTES, &bytes, false);
    for (size_t i = 0; i < PLAN_MAPS; i++) {
        emit_lines(&bytes, plan->maps[i].p, plan->maps[i].n);
        p[n++] = finish(arena, emit_map_name((enum plan_map_id)i), &bytes, false);
    }
    if (plan->settings->haproxy.revision_header.n) {
        buf_printf(&bytes, REVISION_KEY " %" PRId64 "\n", plan->revision);
        p[n++] = finish(arena, ARTIFACT_REVISION, &bytes, false);
    }
    if (plan->shape.agent) {
        emit_spoe(&bytes, scratch, plan);
        p[n++] = finish(arena, ARTIFACT_SPOE, &bytes, true);
    }
    for (size_t i = 0; i < N_SCRIPTS; i++)
        p[n++] = (struct artifact){ str_c(scripts[i]), template_load(scripts[i]), true };
    emit_policy(&bytes, plan);
    p[n++] = finish(arena, ARTIFACT_POLICY, &bytes, false);
    shape_write(&plan->shape, &bytes);
    p[n++] = finish(arena, ARTIFACT_SHAPE, &bytes, true);
    buf_fini(&bytes);
    arena_destroy(scratch);
    return (struct artifacts){ p, n };
}
