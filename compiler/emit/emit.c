#include "emit/emit.h"

#include <inttypes.h>

#include "base/quote.h"
#include "emit/parts.h"
#include "emit/template.h"
#include "route/pem.h"

void emit_map_line(struct buf *out, const struct plan_entry *entry)
{
    buf_put(out, entry->key);
    buf_putc(out, ' ');
    buf_put(out, entry->value);
    buf_putc(out, '\n');
}

/* The first line is what names get that nobody knows; its filter is a name that nobody asks for, or the
 * certificate's own names would be taken for known ones. */
static void emit_crt_list(struct buf *out, struct arena *arena, const struct plan_list *list,
                          const struct emit_paths *paths)
{
    struct str folder = emit_path(arena, paths, ARTIFACT_TLS);
    quote_word(out, arena_printf(arena, "%.*s/" PLAN_TLS_CERTIFICATE, STR_ARG(folder)));
    buf_puts(out, " maitred-default.invalid\n");
    for (size_t i = 0; i < list->n_lines; i++)
        emit_crt_line(out, &list->lines[i], folder, quote_word);
}

void emit_crt_line(struct buf *out, const struct plan_line *line, struct str folder,
                   void (*quote)(struct buf *, struct str))
{
    struct buf path = { 0 };
    buf_printf(&path, "%.*s/%.*s", STR_ARG(folder), STR_ARG(line->file->name));
    quote(out, buf_str(&path));
    if (line->words.n) {
        buf_puts(out, " [");
        size_t at = out->n;
        emit_options(out, line->words, folder, quote);
        memmove(out->p + at, out->p + at + 1, out->n - at - 1); /* the blank in front */
        out->n--;
        buf_putc(out, ']');
    }
    buf_printf(out, " %.*s\n", STR_ARG(line->names));
    buf_fini(&path);
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
    struct artifact artifact = { str_c(name), arena_copy(arena, buf_str(bytes)), skeleton, false };
    buf_reset(bytes);
    return artifact;
}

struct artifacts emit_all(struct arena *arena, const struct plan *plan, const struct emit_paths *paths)
{
    static const char *const scripts[] = { ARTIFACT_SCRIPTS };
    enum { N_SCRIPTS = sizeof scripts / sizeof *scripts, ALL = 9 + N_SCRIPTS + PLAN_MAPS };
    struct artifact *p = ARENA_ARRAY(arena, struct artifact, ALL + plan->n_files + plan->n_lists);
    struct arena *scratch = arena_create();
    struct buf bytes = { 0 };
    size_t n = 0;
    /* First what the others name. */
    for (size_t i = 0; i < plan->n_files; i++)
        p[n++] = (struct artifact){ arena_printf(arena, ARTIFACT_TLS "/%.*s", STR_ARG(plan->files[i]->name)),
                                    plan->files[i]->bytes, false, plan->files[i]->identity };
    if (plan->default_identity.p) {
        p[n++] = (struct artifact){ STR(ARTIFACT_TLS "/" PLAN_TLS_CERTIFICATE), plan->default_identity, false,
                                    true };
        p[n++] = (struct artifact){ STR(ARTIFACT_TLS "/" PLAN_TLS_ANY),
                                    pem_certificates(arena, plan->default_identity), false, false };
    }
    for (size_t i = 0; i < plan->n_lists; i++) {
        emit_crt_list(&bytes, scratch, &plan->lists[i], paths);
        struct artifact list = finish(arena, NULL, &bytes, false);
        list.name = arena_printf(arena, ARTIFACT_TLS "/%.*s", STR_ARG(plan->lists[i].name));
        p[n++] = list;
    }
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
        p[n++] = (struct artifact){ str_c(scripts[i]), template_load(scripts[i]), true, false };
    emit_policy(&bytes, plan);
    p[n++] = finish(arena, ARTIFACT_POLICY, &bytes, false);
    shape_write(&plan->shape, &bytes);
    p[n++] = finish(arena, ARTIFACT_SHAPE, &bytes, true);
    buf_fini(&bytes);
    arena_destroy(scratch);
    return (struct artifacts){ p, n };
}
