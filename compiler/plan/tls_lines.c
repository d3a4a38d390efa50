/* Which certificate and which options a name gets, as lines of crt-lists: see tls.h. A name has a line only
 * where it would not get the same by the wildcard above it, or by the bind. */
#include <stdlib.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/quote.h"
#include "base/vec.h"
#include "plan/service.h"
#include "plan/tls.h"
#include "route/pem.h"

/* A line has to fit into a command of the runtime socket. */
enum { MOST_NAMES_IN_LINE = 64, LINE_DIGITS = 24 };

/* Words of a line that refuses every handshake with an alert: no client offers such ciphers by itself, and
 * the list needs some. */
#define REFUSING_WORDS "ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2 ciphers PSK"

struct looking {
    struct arena *arena;
    const struct model *model;
    struct strmap *certificates; /* name or wildcard to the first certificate with it */
    struct strmap *options;      /* the same of the present entry point's hosts */
    size_t entry_point;
};

/* What a name gets. */
struct gets {
    const struct model_certificate *certificate; /* NULL: the default one */
    const struct model_tls_options *options;
};

struct named {
    struct str name;
    struct gets gets;
    size_t door;
};

typedef VEC(struct named) named_vec;

static bool is_wildcard(struct str name)
{
    return str_starts(name, STR("*."));
}

/* "x.y.z": "*.y.z"; n == 0 where there is no label to replace. */
static struct str wildcard_of(struct arena *arena, struct str name)
{
    size_t dot = str_find(name, '.');
    return dot < name.n ? arena_printf(arena, "*%.*s", STR_ARG(str_from(name, dot))) : (struct str){ 0 };
}

/* Certificates are in the order in which they are tried. */
static struct strmap *index_certificates(struct arena *arena, const struct model_tls *tls)
{
    struct strmap *out = strmap_create(arena, tls->n_certificates);
    for (size_t i = 0; i < tls->n_certificates; i++)
        for (size_t j = 0; j < tls->certificates[i].n_names; j++)
            if (!strmap_get(out, tls->certificates[i].names[j]))
                strmap_put(out, tls->certificates[i].names[j], (void *)&tls->certificates[i]);
    return out;
}

static struct gets look_up(const struct looking *l, struct str name)
{
    struct str wild = is_wildcard(name) ? (struct str){ 0 } : wildcard_of(l->arena, name);
    const struct model_certificate *own = strmap_get(l->certificates, name);
    const struct model_certificate *above = wild.n ? strmap_get(l->certificates, wild) : NULL;
    const struct model_tls_options *options = strmap_get(l->options, name);
    if (!options && wild.n)
        options = strmap_get(l->options, wild);
    return (struct gets){ .certificate = !own || (above && above < own) ? above : own,
                          .options = options ? options : l->model->tls.fallback };
}

static bool same(struct gets a, struct gets b)
{
    return a.certificate == b.certificate && a.options == b.options;
}

static bool can_be_named(struct str name)
{
    struct address address;
    size_t from = is_wildcard(name) ? 2 : 0;
    for (size_t i = from; i < name.n; i++)
        if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !ascii_is_digit(name.p[i]) &&
            !(name.p[i] && strchr("._-", name.p[i])))
            return false;
    return name.n > from && name.n < 256 && !address_read(name, &address);
}

static size_t door_of(const struct looking *l, const struct shape *shape,
                      const struct model_tls_options *options)
{
    struct str words = tls_door_words(l->arena, options, l->model->tls.fallback);
    size_t door = 0;
    while (door < shape->n_doors && !str_eq(shape->doors[door], words))
        door++;
    return door;
}

static void consider(const struct looking *l, const struct shape *shape, struct str name, named_vec *list)
{
    struct gets gets = look_up(l, name), above = { .options = l->model->tls.fallback };
    struct str wild = is_wildcard(name) ? (struct str){ 0 } : wildcard_of(l->arena, name);
    if (!can_be_named(name) || gets.options->broken)
        return;
    /* A wildcard that differs from the bind has a line. */
    if (wild.n && (strmap_get(l->certificates, wild) || strmap_get(l->options, wild)))
        above = look_up(l, wild);
    if (!same(gets, above))
        vec_push(list, (struct named){ name, gets, door_of(l, shape, gets.options) });
}

/* By door, options and certificate: neighbours share lines. */
static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    if (x->door != y->door)
        return x->door < y->door ? -1 : 1;
    int order = str_cmp(x->gets.options->name, y->gets.options->name);
    if (order == 0)
        order = (x->gets.certificate > y->gets.certificate) - (x->gets.certificate < y->gets.certificate);
    return order ? order : str_cmp(x->name, y->name);
}

static named_vec names_of(const struct looking *l, const struct shape *shape)
{
    const struct model_tls *tls = &l->model->tls;
    struct strmap *seen = strmap_create(l->arena, tls->n_certificates + tls->n_hosts);
    named_vec list = { 0 };
    for (size_t i = 0; i < tls->n_certificates; i++)
        for (size_t j = 0; j < tls->certificates[i].n_names; j++)
            if (!strmap_put(seen, tls->certificates[i].names[j], seen))
                consider(l, shape, tls->certificates[i].names[j], &list);
    for (size_t i = 0; i < tls->n_hosts; i++)
        if (tls->hosts[i].entry_point == l->entry_point && !strmap_put(seen, tls->hosts[i].name, seen))
            consider(l, shape, tls->hosts[i].name, &list);
    if (list.n)
        qsort(list.p, list.n, sizeof *list.p, compare_named);
    return list;
}

static struct plan_line line_of(const struct looking *l, struct str default_identity,
                                const struct named *first, size_t n)
{
    struct gets gets = first->gets;
    const struct model_tls_options *options = gets.options;
    struct str bytes = gets.certificate ? gets.certificate->identity : default_identity;
    struct plan_line line = { .words = options == l->model->tls.fallback
                                           ? STR("")
                                           : tls_line_words(l->arena, options) };
    struct buf names = { 0 }, all = { 0 };
    char digest[LINE_DIGITS + 1];
    if (!gets.certificate && options->sni_strict)
        line.words = STR(REFUSING_WORDS);
    else if (options != l->model->tls.fallback && options->client_auth >= CLIENT_AUTH_VERIFY_IF_GIVEN)
        line.authorities = plan_file_of(l->arena, "ca", options->authorities);
    for (size_t i = 0; i < n; i++)
        buf_printf(&names, "%s%.*s", i ? " " : "", STR_ARG(first[i].name));
    line.names = arena_copy(l->arena, buf_str(&names));
    buf_put(&all, bytes);
    buf_putc(&all, '\n');
    buf_put(&all, line.words);
    buf_putc(&all, '\n');
    buf_put(&all, line.names);
    sha256_hex(buf_str(&all), digest, LINE_DIGITS);
    struct plan_file *file = ARENA_NEW(l->arena, struct plan_file);
    *file = (struct plan_file){ arena_printf(l->arena, "line-%s.pem", digest), bytes, true };
    line.file = file;
    buf_fini(&names);
    buf_fini(&all);
    return line;
}

static int compare_lines(const void *a, const void *b)
{
    return str_cmp(((const struct plan_line *)a)->file->name, ((const struct plan_line *)b)->file->name);
}

/* The lists of one entry point's doors. */
static void fill_lists(const struct looking *l, const struct plan *plan, const named_vec *names,
                       struct plan_list *lists)
{
    struct plan_line *lines = ARENA_ARRAY(l->arena, struct plan_line, names->n);
    size_t n_lines = 0, at = 0;
    for (size_t door = 0; door < plan->shape.n_doors; door++) {
        struct plan_list *list = &lists[door];
        size_t first = n_lines;
        while (at < names->n && names->p[at].door == door) {
            size_t n = 1;
            while (n < MOST_NAMES_IN_LINE && at + n < names->n && names->p[at + n].door == door &&
                   same(names->p[at].gets, names->p[at + n].gets))
                n++;
            lines[n_lines++] = line_of(l, plan->default_identity, &names->p[at], n);
            at += n;
        }
        *list = (struct plan_list){ arena_printf(l->arena, "list-%zu-%zu.txt", l->entry_point, door),
                                    lines + first, n_lines - first };
        if (list->n_lines)
            qsort(lines + first, list->n_lines, sizeof *lines, compare_lines);
    }
}

typedef VEC(struct plan_entry) entry_vec;

static bool demands_certificate(const struct model_tls_options *options)
{
    return options->client_auth == CLIENT_AUTH_REQUIRE || options->client_auth == CLIENT_AUTH_REQUIRE_ANY;
}

/* What routes.map says of the names of an entry point: only what is not the default. */
static void add_entries(const struct looking *l, const struct shape *shape, entry_vec *entries)
{
    const struct model_tls *tls = &l->model->tls;
    size_t side = l->entry_point + l->model->settings->n_entry_points;
    for (size_t i = 0; i < tls->n_hosts; i++) {
        const struct model_tls_host *host = &tls->hosts[i];
        struct str wild = is_wildcard(host->name) ? (struct str){ 0 } : wildcard_of(l->arena, host->name);
        const struct model_tls_options *above = wild.n ? strmap_get(l->options, wild) : NULL;
        bool below = above && above != tls->fallback; /* else it has no entry either */
        if (host->entry_point != l->entry_point ||
            (host->options == tls->fallback && !below && !tls->fallback->broken))
            continue;
        struct buf value = { 0 };
        buf_puts(&value, ".;;");
        if (host->options != tls->fallback)
            quote_field(&value, host->options->name);
        if (host->options->broken)
            buf_puts(&value, ";close");
        else
            buf_printf(&value, ";%zu;%s;%.*s", door_of(l, shape, host->options),
                       demands_certificate(host->options) ? "c" : "",
                       STR_ARG(host->options->alpn.n ? host->options->alpn : STR("-")));
        vec_push(entries,
                 (struct plan_entry){ arena_printf(l->arena, "$%zu$%.*s?", side, STR_ARG(host->name)),
                                      arena_copy(l->arena, buf_str(&value)) });
        buf_fini(&value);
    }
    if (tls->fallback->broken)
        vec_push(entries, (struct plan_entry){ arena_printf(l->arena, "$%zu$?", side), STR(".;;;close") });
}

static int compare_lists(const void *a, const void *b)
{
    return str_cmp(((const struct plan_list *)a)->name, ((const struct plan_list *)b)->name);
}

static struct strmap *index_hosts(struct arena *arena, const struct model_tls *tls, size_t entry_point)
{
    struct strmap *out = strmap_create(arena, tls->n_hosts);
    for (size_t i = 0; i < tls->n_hosts; i++)
        if (tls->hosts[i].entry_point == entry_point)
            strmap_put(out, tls->hosts[i].name, (void *)tls->hosts[i].options);
    return out;
}

void tls_fill(struct arena *arena, const struct model *model, struct plan *plan,
              const struct plan_entry **out, size_t *n_out)
{
    const struct settings *settings = model->settings;
    entry_vec entries = { 0 };
    *out = NULL;
    *n_out = 0;
    if (plan->shape.n_tls_entry_points == 0)
        return;
    plan->default_identity =
        model->tls.default_identity.n ? model->tls.default_identity : settings->default_certificate;
    if (!plan->default_identity.p)
        plan->default_identity = STR("");
    struct plan_list *lists =
        ARENA_ARRAY(arena, struct plan_list, plan->shape.n_tls_entry_points * plan->shape.n_doors);
    struct looking l = { .arena = arena,
                         .model = model,
                         .certificates = index_certificates(arena, &model->tls) };
    for (size_t e = 0; e < settings->n_entry_points; e++) {
        if (settings->entry_points[e].udp || !shape_takes_tls(&plan->shape, settings->entry_points[e].name))
            continue;
        l.entry_point = e;
        l.options = index_hosts(arena, &model->tls, e);
        named_vec names = names_of(&l, &plan->shape);
        fill_lists(&l, plan, &names, lists + plan->n_lists);
        plan->n_lists += plan->shape.n_doors;
        add_entries(&l, &plan->shape, &entries);
        vec_fini(&names);
    }
    qsort(lists, plan->n_lists, sizeof *lists, compare_lists);
    plan->lists = lists;
    plan->default_fingerprint = pem_fingerprint(arena, plan->default_identity);
    struct plan_entry *copy = ARENA_ARRAY(arena, struct plan_entry, entries.n);
    if (entries.n)
        memcpy(copy, entries.p, entries.n * sizeof *copy);
    *out = copy;
    *n_out = entries.n;
    vec_fini(&entries);
}
