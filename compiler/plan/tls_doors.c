/* Doors: see tls.h. */
#include "plan/tls.h"

#include "plan/service.h"

static void put_authorities(struct arena *arena, struct buf *out, const struct model_tls_options *options)
{
    buf_printf(out, " ca-file " PLAN_TLS_FOLDER "/%.*s",
               STR_ARG(plan_file_of(arena, "ca", options->authorities)->name));
}

/* Certificates of strangers are taken, too: whatever signed them. HAProxy wants some authority all the same.
 */
static bool takes_strangers(const struct model_tls_options *options)
{
    return options->client_auth == CLIENT_AUTH_REQUEST || options->client_auth == CLIENT_AUTH_REQUIRE_ANY;
}

/* Sessions are not resumed where certificates of clients count: before 3.2 that would go round the check
 * (reference/entry-points.md 2). */
static void put_bind_words(struct buf *out, const struct model_tls_options *options, const char *strangers)
{
    if (options->no_tickets || options->client_auth != CLIENT_AUTH_NONE)
        buf_puts(out, " no-tls-tickets");
    if (options->curves.n)
        buf_printf(out, " curves %.*s", STR_ARG(options->curves));
    if (takes_strangers(options))
        buf_printf(out,
                   " verify %s ca-file " PLAN_TLS_FOLDER "/" PLAN_TLS_ANY
                   " no-ca-names ca-ignore-err all crt-ignore-err all",
                   strangers);
}

static void put_versions(struct buf *out, const struct model_tls_options *options)
{
    buf_printf(out, " ssl-min-ver %.*s", STR_ARG(options->min_version));
    buf_printf(out, " ssl-max-ver %.*s",
               STR_ARG(options->max_version.n ? options->max_version : STR("TLSv1.3")));
    buf_printf(out, " ciphers %.*s", STR_ARG(options->ciphers));
    if (options->alpn.n)
        buf_printf(out, " alpn %.*s", STR_ARG(options->alpn));
}

static struct str finish(struct arena *arena, struct buf *words)
{
    struct str text = buf_str(words), out = arena_copy(arena, str_from(text, str_starts(text, STR(" "))));
    buf_fini(words);
    return out;
}

/* A bind by itself can say what a line says. */
static struct str default_words(struct arena *arena, const struct model_tls_options *options)
{
    struct buf out = { 0 };
    put_versions(&out, options);
    put_bind_words(&out, options, options->client_auth == CLIENT_AUTH_REQUIRE_ANY ? "required" : "optional");
    if (options->client_auth == CLIENT_AUTH_REQUIRE || options->client_auth == CLIENT_AUTH_VERIFY_IF_GIVEN) {
        buf_printf(&out, " verify %s", options->client_auth == CLIENT_AUTH_REQUIRE ? "required" : "optional");
        put_authorities(arena, &out, options);
    }
    if (options->sni_strict)
        buf_puts(&out, " strict-sni");
    return finish(arena, &out);
}

static bool is_plain(const struct model_tls_options *options)
{
    return !options->no_tickets && options->client_auth == CLIENT_AUTH_NONE && options->curves.n == 0 &&
           options->alpn.n > 0;
}

struct str tls_door_words(struct arena *arena, const struct model_tls_options *options,
                          const struct model_tls_options *fallback)
{
    struct buf out = { 0 };
    if (options == fallback || (is_plain(options) && is_plain(fallback)))
        return default_words(arena, fallback);
    put_bind_words(&out, options, "optional");
    return finish(arena, &out);
}

struct str tls_line_words(struct arena *arena, const struct model_tls_options *options)
{
    static const char *const verify[] = { [CLIENT_AUTH_NONE] = " verify none",
                                          [CLIENT_AUTH_REQUEST] = "",
                                          [CLIENT_AUTH_REQUIRE_ANY] =
                                              " verify required ca-file " PLAN_TLS_FOLDER "/" PLAN_TLS_ANY,
                                          [CLIENT_AUTH_VERIFY_IF_GIVEN] = " verify optional",
                                          [CLIENT_AUTH_REQUIRE] = " verify required" };
    struct buf out = { 0 };
    put_versions(&out, options);
    buf_puts(&out, verify[options->client_auth]);
    if (options->client_auth >= CLIENT_AUTH_VERIFY_IF_GIVEN)
        put_authorities(arena, &out, options);
    return finish(arena, &out);
}

static bool has_word(const struct str *list, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], word))
            return true;
    return false;
}

struct tls_need tls_need_of(struct arena *arena, const struct model *model)
{
    const struct settings *settings = model->settings;
    struct str *names = ARENA_ARRAY(arena, struct str, settings->n_entry_points);
    struct str *doors = ARENA_ARRAY(arena, struct str, model->tls.n_hosts + 1);
    struct tls_need need = { .entry_points = names, .doors = doors };
    for (size_t e = 0; e < settings->n_entry_points; e++)
        if (!settings->entry_points[e].udp &&
            (settings->entry_points[e].tls.on || settings->entry_points[e].proxy.on ||
             (model->tls.entry_points && model->tls.entry_points[e])))
            names[need.n_entry_points++] = settings->entry_points[e].name;
    if (need.n_entry_points == 0)
        return need;
    doors[need.n_doors++] = tls_door_words(arena, model->tls.fallback, model->tls.fallback);
    for (size_t i = 0; i < model->tls.n_hosts; i++) {
        const struct model_tls_options *options = model->tls.hosts[i].options;
        if (options->broken)
            continue;
        struct str words = tls_door_words(arena, options, model->tls.fallback);
        if (!has_word(doors, need.n_doors, words))
            doors[need.n_doors++] = words;
    }
    return need;
}

bool shape_takes_tls(const struct shape *shape, struct str entry_point)
{
    return has_word(shape->tls_entry_points, shape->n_tls_entry_points, entry_point);
}

bool tls_fits(const struct shape *shape, const struct tls_need *need, struct str *reason)
{
    for (size_t i = 0; i < need->n_entry_points; i++)
        if (!shape_takes_tls(shape, need->entry_points[i])) {
            *reason = STR("the first router with TLS on an entry point");
            return false;
        }
    if (need->n_doors && !str_eq(shape->doors[0], need->doors[0])) {
        *reason = STR("other default TLS options");
        return false;
    }
    for (size_t i = 1; i < need->n_doors; i++)
        if (!has_word(shape->doors, shape->n_doors, need->doors[i])) {
            *reason = STR("the first TLS options of their kind");
            return false;
        }
    return true;
}

/* a, then what of b is new. */
static const struct str *joined(struct arena *arena, const struct str *a, size_t n_a, const struct str *b,
                                size_t n_b, size_t *n)
{
    struct str *all = ARENA_ARRAY(arena, struct str, n_a + n_b);
    *n = 0;
    for (size_t i = 0; i < n_a + n_b; i++) {
        struct str word = i < n_a ? a[i] : b[i - n_a];
        if (!has_word(all, *n, word))
            all[(*n)++] = arena_copy(arena, word);
    }
    return all;
}

/* The old door 0 goes with the default options that it was for. */
void tls_grow(struct arena *arena, const struct shape *old, const struct tls_need *need, struct shape *out)
{
    static const struct shape nothing = { 0 };
    const struct shape *had = old ? old : &nothing;
    size_t skip = had->n_doors > 0 && need->n_doors > 0;
    out->tls_entry_points = joined(arena, had->tls_entry_points, had->n_tls_entry_points, need->entry_points,
                                   need->n_entry_points, &out->n_tls_entry_points);
    if (need->n_doors)
        out->doors =
            joined(arena, need->doors, need->n_doors, had->doors + skip, had->n_doors - skip, &out->n_doors);
    else
        out->doors = joined(arena, had->doors, had->n_doors, NULL, 0, &out->n_doors);
}

void tls_copy(struct arena *arena, const struct shape *from, struct shape *to)
{
    to->tls_entry_points =
        joined(arena, from->tls_entry_points, from->n_tls_entry_points, NULL, 0, &to->n_tls_entry_points);
    to->doors = joined(arena, from->doors, from->n_doors, NULL, 0, &to->n_doors);
}
