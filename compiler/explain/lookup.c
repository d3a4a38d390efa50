#include "explain/lookup.h"

#include "base/address.h"
#include "base/quote.h"
#include "base/vec.h"
#include "plan/entry.h"
#include "plan/pattern.h"
#include "explain/expression.h"

struct looking {
    struct arena *arena;
    const struct plan *plan;
    const struct request *request;
    size_t entry_point;
    struct str any_key, host_key, wild_key; /* lines: "|0/path?", "host|0/path?", "*.rest|0/path?" */
    struct str rivals;
    const struct plan_entry *best;
    VEC(struct lookup_step) steps;
};

struct str record_field(struct str value, enum record_field n)
{
    for (int i = 1; i < (int)n && value.p; i++)
        (void)str_cut(&value, ';');
    return value.p ? str_cut(&value, ';') : (struct str){ 0 };
}

/* RANK;ROUTER, which is what strcmp compares. */
static struct str order_of(const struct plan_entry *entry)
{
    struct str rank = record_field(entry->value, RECORD_RANK),
               router = record_field(entry->value, RECORD_ROUTER);
    return str_of(rank.p, (size_t)(router.p + router.n - rank.p));
}

static const struct plan_entry *note(struct looking *l, const char *map, struct str line,
                                     const struct plan_entry *entry)
{
    vec_push(&l->steps, (struct lookup_step){ map, line, entry });
    return entry;
}

static const struct plan_entry *find_route(struct looking *l, struct str line)
{
    return note(l, "routes.map", line, entry_find_beginning(l->plan->routes, l->plan->n_routes, line));
}

static bool may(const struct looking *l, enum rival rival)
{
    return str_find(l->rivals, RIVAL_LETTERS[rival]) < l->rivals.n;
}

static void compete(struct looking *l, const struct plan_entry *entry)
{
    if (entry && (!l->best || str_cmp(order_of(entry), order_of(l->best)) < 0))
        l->best = entry;
}

static struct str join(struct looking *l, const char *front, struct str line)
{
    return arena_printf(l->arena, "%s%.*s", front, STR_ARG(line));
}

static void look_at_keys(struct looking *l)
{
    struct str method = l->request->method;
    if (may(l, RIVAL_ANY))
        compete(l, find_route(l, l->any_key));
    if (may(l, RIVAL_WILD) && l->wild_key.p)
        compete(l, find_route(l, l->wild_key));
    const struct {
        enum rival rival;
        struct str key;
    } by_method[] = { { RIVAL_METHOD, l->host_key },
                      { RIVAL_METHOD_ANY, l->any_key },
                      { RIVAL_METHOD_WILD, l->wild_key } };
    for (size_t i = 0; i < sizeof by_method / sizeof *by_method; i++)
        if (may(l, by_method[i].rival) && by_method[i].key.p)
            compete(l, find_route(l, arena_printf(l->arena, "<%.*s/%.*s", STR_ARG(method),
                                                  STR_ARG(by_method[i].key))));
}

/* The client's address as its digits. */
static struct str client_digits(const struct looking *l)
{
    struct address address;
    struct buf digits = { 0 };
    if (address_read(l->request->client, &address))
        for (size_t i = 0; i < address.n; i++)
            buf_printf(&digits, "%02X", (unsigned)address.bytes[i]);
    struct str out = arena_copy(l->arena, buf_str(&digits));
    buf_fini(&digits);
    return out;
}

static void put_line(struct looking *l, struct buf *out, struct str group, bool full)
{
    const struct request *r = l->request;
    buf_printf(out, "%.*s|%.*s|%.*s\n%.*s\n>", STR_ARG(group), STR_ARG(client_digits(l)), STR_ARG(r->host),
               STR_ARG(r->method));
    request_put_field(out, r->path);
    buf_putc(out, '\n');
    for (size_t i = 0; full && i < r->n_parameters; i++)
        for (int first = 0; first < 1 + r->parameters[i].first; first++) {
            buf_putc(out, first ? '<' : '?');
            request_put_field(out, r->parameters[i].key);
            buf_puts(out, LINE_PARTS);
            request_put_field(out, r->parameters[i].value);
            buf_putc(out, '\n');
        }
    for (size_t i = 0; full && i < r->n_headers; i++) {
        buf_printf(out, "%.*s:", STR_ARG(r->headers[i].name));
        request_put_field(out, r->headers[i].value);
        buf_putc(out, '\n');
    }
}

/* map_reg: the first line of the group whose expression finds something. */
static const struct plan_entry *find_match(struct looking *l, enum plan_map_id map, const char *name,
                                           struct str group)
{
    const struct plan_map *lines = &l->plan->maps[map];
    struct str front = arena_printf(l->arena, "^%.*s\\|", STR_ARG(group));
    struct buf line = { 0 };
    put_line(l, &line, group, map == MAP_FIELDS);
    struct str text = arena_copy(l->arena, buf_str(&line));
    const struct plan_entry *found = NULL;
    for (size_t i = entry_lower_bound(lines->p, 0, lines->n, front);
         i < lines->n && str_starts(lines->p[i].key, front) && !found; i++)
        if (expression_finds(lines->p[i].key, text))
            found = &lines->p[i];
    buf_fini(&line);
    return note(l, name, text, found);
}

static struct str group_at(struct looking *l, struct str line)
{
    const struct plan_entry *entry = find_route(l, line);
    return entry ? record_field(entry->value, RECORD_MORE) : (struct str){ 0 };
}

static void look_at_group(struct looking *l, struct str line)
{
    struct str group = group_at(l, line);
    const struct plan_entry *hit = group.n ? find_match(l, MAP_REGEXES, "regexes.map", group) : NULL;
    if (hit)
        compete(l, find_route(l, hit->value));
}

static struct str last_labels(struct str host, size_t n)
{
    for (size_t at = host.n; at > 0; at--)
        if (host.p[at - 1] == '.' && --n == 0)
            return str_from(host, at);
    return host;
}

static void look_at_groups(struct looking *l)
{
    struct str host = l->request->host, three = last_labels(host, 3), two = last_labels(host, 2);
    if (may(l, RIVAL_REGEX))
        look_at_group(l, join(l, ">", l->host_key));
    if (may(l, RIVAL_REGEX_ANY))
        look_at_group(l, join(l, ">", l->any_key));
    if (may(l, RIVAL_REGEX_WILD) && l->wild_key.p)
        look_at_group(l, join(l, ">", l->wild_key));
    if (may(l, RIVAL_REGEX_HOST))
        look_at_group(l, arena_printf(l->arena, ">>%.*s%.*s", STR_ARG(three), STR_ARG(l->any_key)));
    if (may(l, RIVAL_REGEX_HOST2))
        look_at_group(l, arena_printf(l->arena, ">>%.*s%.*s", STR_ARG(two), STR_ARG(l->any_key)));
    if (may(l, RIVAL_REGEX_BEGIN))
        look_at_group(l, arena_printf(l->arena, ">^%zu^%.*s", l->entry_point, STR_ARG(host)));
    if (may(l, RIVAL_REGEX_ROOT))
        look_at_group(l, arena_printf(l->arena, ">=%zu=", l->entry_point));
}

/* What templates/maitred.lua finds in one table: "RANK;ROUTER" of the best. */
static void look_at_label(struct looking *l, struct str table, struct str label, struct str *best)
{
    struct str key = arena_printf(l->arena, "%.*s/%.*s", STR_ARG(table), STR_ARG(label));
    const struct plan_entry *entry =
        note(l, "labels.map", key, entry_find(l->plan->maps[MAP_LABELS].p, l->plan->maps[MAP_LABELS].n, key));
    if (!entry)
        return;
    struct str group = record_field(entry->value, RECORD_RANK),
               decided = str_head(entry->value, entry->value.n - group.n - 1);
    if (str_cmp(decided, *best) < 0)
        *best = decided;
    const struct plan_entry *hit = group.n ? find_match(l, MAP_FIELDS, "fields.map", group) : NULL;
    if (hit && str_cmp(hit->value, *best) < 0)
        *best = hit->value;
}

static struct str label_of(struct looking *l, bool query, struct str name, char mark, struct str value)
{
    struct buf label = { 0 };
    if (query)
        buf_putc(&label, '?');
    quote_label(&label, name);
    buf_putc(&label, mark);
    quote_label(&label, value);
    struct str out = arena_copy(l->arena, buf_str(&label));
    buf_fini(&label);
    return out;
}

static void look_at_table(struct looking *l, struct str line)
{
    const struct request *r = l->request;
    const struct str none = { 0 };
    struct str table = group_at(l, line), best = STR(RANK_NOBODY ";");
    if (table.n == 0)
        return;
    look_at_label(l, table, none, &best);
    for (size_t i = 0; i < r->n_parameters; i++) {
        look_at_label(l, table, label_of(l, true, r->parameters[i].key, '=', r->parameters[i].value), &best);
        look_at_label(l, table, label_of(l, true, r->parameters[i].key, ':', none), &best);
    }
    for (size_t i = 0; i < r->n_headers; i++) {
        look_at_label(l, table, label_of(l, false, r->headers[i].name, '=', r->headers[i].value), &best);
        look_at_label(l, table, label_of(l, false, r->headers[i].name, ':', none), &best);
    }
    struct str router = str_from(best, str_find(best, ';') + 1);
    if (router.n)
        compete(l, find_route(l, join(l, "{", router)));
}

static void look_at_tables(struct looking *l)
{
    if (!may(l, RIVAL_HEADER) && !may(l, RIVAL_QUERY) && !may(l, RIVAL_FULL))
        return;
    look_at_table(l, join(l, "@", l->host_key));
    look_at_table(l, join(l, "@", l->any_key));
    if (l->wild_key.p)
        look_at_table(l, join(l, "@", l->wild_key));
    look_at_table(l, arena_printf(l->arena, "@=%zu=", l->entry_point));
}

static void set_keys(struct looking *l)
{
    const struct request *r = l->request;
    l->any_key = arena_printf(l->arena, "|%zu%.*s?", l->entry_point, STR_ARG(r->path_key));
    l->host_key = arena_printf(l->arena, "%.*s%.*s", STR_ARG(r->host_key), STR_ARG(l->any_key));
    size_t dot = str_find(r->host_key, '.');
    if (dot < r->host_key.n)
        l->wild_key = arena_printf(l->arena, "*.%.*s%.*s", STR_ARG(str_from(r->host_key, dot + 1)),
                                   STR_ARG(l->any_key));
}

struct lookup lookup_run(struct arena *arena, const struct plan *plan, size_t entry_point,
                         const struct request *request)
{
    struct looking l = { .arena = arena,
                         .plan = plan,
                         .request = request,
                         .entry_point = entry_point + (request->tls ? plan->settings->n_entry_points : 0) };
    set_keys(&l);
    l.best = find_route(&l, l.host_key);
    if (!l.best)
        l.best = find_route(&l, l.any_key);
    if (l.best && str_starts(l.best->value, STR("+"))) {
        l.rivals = record_field(l.best->value, RECORD_MORE);
        look_at_keys(&l);
        look_at_groups(&l);
        look_at_tables(&l);
    }
    struct lookup out = { .n_steps = l.steps.n };
    struct lookup_step *steps = ARENA_ARRAY(arena, struct lookup_step, l.steps.n);
    memcpy(steps, l.steps.p, l.steps.n * sizeof *steps);
    out.steps = steps;
    vec_fini(&l.steps);
    if (l.best && record_field(l.best->value, RECORD_BACKEND).n) {
        out.record = l.best;
        out.router = record_field(l.best->value, RECORD_ROUTER);
    }
    return out;
}
