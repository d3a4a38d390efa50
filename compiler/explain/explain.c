#include "explain/explain.h"

#include "explain/effects.h"
#include "explain/holds.h"
#include "explain/words.h"
#include "route/url.h"

/* So many losers of either kind are told. */
enum { MAX_LOSERS = 10 };

static const struct model_router *router_ordered(const struct model *model, struct str order)
{
    for (size_t i = 0; i < model->n_routers && order.n; i++)
        if (str_eq(model->routers[i].order, order))
            return &model->routers[i];
    return NULL;
}

struct explanation explain_request(struct arena *arena, const struct model *model, const struct plan *plan,
                                   size_t entry_point, const struct request *request)
{
    struct explanation e = { .plan = plan, .model = model, .entry_point = entry_point, .request = *request };
    e.lookup = lookup_run(arena, plan, entry_point, request);
    e.winner = router_ordered(model, e.lookup.router);
    struct effect *before = ARENA_NEW(arena, struct effect);
    *before = effect_before(arena, &e);
    e.before = before;
    e.effects = effects_of(arena, &e, &e.n_effects);
    return e;
}

static bool is_on(const struct model_router *r, size_t entry_point, bool tls)
{
    for (size_t i = 0; i < r->n_entry_points && r->tls == tls; i++)
        if (r->entry_points[i] == entry_point)
            return true;
    return false;
}

/* The next router on the entry point from *at on that loses: it would be asked before the winner and does not
 * hold, or it holds and comes behind. NULL: no more. *failed: the condition that failed, or NULL where it
 * holds. */
static const struct model_router *next_loser(const struct explanation *e, size_t *at,
                                             const struct rule_literal **failed)
{
    for (; *at < e->model->n_routers; (*at)++) {
        const struct model_router *r = &e->model->routers[*at];
        bool behind = e->winner && r > e->winner;
        if (r == e->winner || !is_on(r, e->entry_point, e->request.tls))
            continue;
        bool holds = dnf_holds(&r->dnf, &e->request, failed);
        if (holds != behind)
            continue;
        if (holds)
            *failed = NULL;
        (*at)++;
        return r;
    }
    return NULL;
}

static void print_heading(struct buf *out, const char *text, bool colour)
{
    buf_printf(out, colour ? "\033[1m%-12s\033[0m" : "%-12s", text);
}

static void print_request(struct buf *out, const struct explanation *e, bool colour)
{
    const struct request *r = &e->request;
    print_heading(out, "request", colour);
    buf_printf(out, "%.*s %.*s%.*s%s%.*s on entry point %.*s", STR_ARG(r->method), STR_ARG(r->host),
               STR_ARG(r->sent), r->query.p ? "?" : "", STR_ARG(r->query),
               STR_ARG(e->plan->settings->entry_points[e->entry_point].name));
    if (r->tls)
        buf_puts(out, ", TLS");
    if (r->client.n)
        buf_printf(out, ", from %.*s", STR_ARG(r->client));
    buf_putc(out, '\n');
    if (!str_eq(r->path, r->sent)) {
        print_heading(out, "", false);
        buf_puts(out, "rules see the path ");
        words_put_shown(out, r->path);
        buf_putc(out, '\n');
    }
}

static void print_rule(struct buf *out, const struct model_router *r)
{
    buf_printf(out, "%.*s  priority %lld  ", STR_ARG(r->name), (long long)r->priority);
    words_put_shown(out, r->rule);
}

static void put_url(struct buf *out, const struct effect *effect)
{
    words_put_shown(out, effect->host);
    words_put_shown(out, effect->path);
    words_put_shown(out, effect->query);
}

/* What an op changed, if anything. */
static void print_effect(struct buf *out, const struct explanation *e, size_t at)
{
    const struct effect *before = at ? &e->effects[at - 1] : e->before;
    if (at >= e->n_effects) {
        buf_puts(out, "  (not reached)");
        return;
    }
    const struct effect *after = &e->effects[at];
    if (after->status) {
        buf_printf(out, "  -> answers %d", after->status);
        buf_puts(out, after->location.n ? " to " : "");
        words_put_shown(out, after->location);
    } else if (!str_eq(before->path, after->path) || !str_eq(before->host, after->host)) {
        buf_puts(out, "  -> ");
        put_url(out, after);
    }
    effect_put_headers(out, before, after);
}

static void print_winner(struct buf *out, const struct explanation *e, bool colour)
{
    print_heading(out, "router", colour);
    if (!e->winner) {
        buf_puts(out, "none: 404 page not found\n");
        return;
    }
    print_rule(out, e->winner);
    buf_putc(out, '\n');
    for (size_t i = 0; i < e->winner->n_ops; i++) {
        print_heading(out, i ? "" : "middlewares", colour && !i);
        buf_printf(out, "%zu. %.*s: ", i + 1, STR_ARG(e->winner->ops[i].middleware));
        words_put_op(out, &e->winner->ops[i]);
        print_effect(out, e, i);
        buf_putc(out, '\n');
    }
    struct str program = record_field(e->lookup.record->value, RECORD_PROGRAM);
    if (program.n) {
        print_heading(out, "agent", colour);
        buf_printf(out, "program %.*s\n", STR_ARG(program));
    }
}

static void print_service(struct buf *out, const struct explanation *e, bool colour)
{
    if (!e->winner)
        return;
    const struct model_service *service = e->winner->service;
    struct arena *scratch = arena_create();
    print_heading(out, "service", colour);
    buf_printf(out, "%.*s, backend %.*s\n", STR_ARG(service->name),
               STR_ARG(record_field(e->lookup.record->value, RECORD_BACKEND)));
    for (size_t i = 0; i < service->n_servers; i++) {
        print_heading(out, "", false);
        words_put_shown(out, url_shown(scratch, service->servers[i].url));
        buf_printf(out, "  weight %lld\n", (long long)service->servers[i].weight);
    }
    for (size_t i = 0; i < service->n_children; i++) {
        print_heading(out, "", false);
        buf_printf(out, "%.*s  weight %lld\n", STR_ARG(service->children[i].service->name),
                   (long long)service->children[i].weight);
    }
    arena_destroy(scratch);
}

/* Those in front of the winner that do not hold, and those behind it that do. */
static void print_losers(struct buf *out, const struct explanation *e, bool colour)
{
    const struct rule_literal *failed;
    const struct model_router *r;
    size_t front = 0, behind = 0;
    for (size_t at = 0; (r = next_loser(e, &at, &failed)) != NULL;) {
        size_t *n = failed || r->dnf.n == 0 ? &front : &behind;
        if (++*n > MAX_LOSERS)
            continue;
        print_heading(out, front + behind == 1 ? "others" : "", colour && front + behind == 1);
        print_rule(out, r);
        print_heading(out, "\n", false);
        if (n == &behind) {
            buf_puts(out, "  holds too, and comes behind\n");
        } else if (!failed) {
            buf_puts(out, "  never holds\n");
        } else {
            buf_puts(out, "  comes first, but this does not hold: ");
            words_put_literal(out, failed);
            buf_putc(out, '\n');
        }
    }
    if (front > MAX_LOSERS || behind > MAX_LOSERS) {
        print_heading(out, "", false);
        buf_printf(out, "and %zu more\n",
                   (front > MAX_LOSERS ? front - MAX_LOSERS : 0) +
                       (behind > MAX_LOSERS ? behind - MAX_LOSERS : 0));
    }
}

static void print_lookups(struct buf *out, const struct explanation *e, bool colour)
{
    for (size_t i = 0; i < e->lookup.n_steps; i++) {
        const struct lookup_step *step = &e->lookup.steps[i];
        print_heading(out, i ? "" : "look-ups", colour && !i);
        buf_printf(out, "%s ", step->map);
        words_put_shown(out, step->line);
        buf_puts(out, " -> ");
        words_put_shown(out, step->entry ? step->entry->key : STR("nothing"));
        if (step->entry) {
            buf_puts(out, " = ");
            words_put_shown(out, step->entry->value);
        }
        buf_putc(out, '\n');
    }
}

void explain_print(struct buf *out, const struct explanation *e, bool colour)
{
    print_request(out, e, colour);
    print_winner(out, e, colour);
    print_service(out, e, colour);
    print_losers(out, e, colour);
    print_lookups(out, e, colour);
}

static void put_member(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, "\"%s\":", name);
    buf_put_json(out, value);
}

void explain_print_winner(struct buf *out, const struct explanation *e)
{
    if (!e->winner) {
        buf_puts(out, "{\"router\":null}\n");
        return;
    }
    buf_putc(out, '{');
    put_member(out, "router", e->winner->name);
    buf_putc(out, ',');
    put_member(out, "service", e->winner->service->name);
    buf_puts(out, "}\n");
}

void explain_print_effects(struct buf *out, const struct explanation *e)
{
    buf_putc(out, '{');
    put_member(out, "router", e->winner ? e->winner->name : STR(""));
    buf_puts(out, ",\"paths\":[");
    for (size_t i = 0; i < e->n_effects; i++) {
        buf_puts(out, i ? "," : "");
        buf_put_json(out, e->effects[i].path);
    }
    buf_putc(out, ']');
    effect_put_json(out, e->n_effects ? &e->effects[e->n_effects - 1] : e->before);
    buf_puts(out, "}\n");
}

static void put_router_json(struct buf *out, const struct model_router *r)
{
    put_member(out, "router", r->name);
    buf_printf(out, ",\"priority\":%lld,", (long long)r->priority);
    put_member(out, "rule", r->rule);
}

static void put_losers_json(struct buf *out, const struct explanation *e)
{
    const struct rule_literal *failed;
    const struct model_router *r;
    size_t n = 0;
    struct buf words = { 0 };
    buf_puts(out, ",\"others\":[");
    for (size_t at = 0; (r = next_loser(e, &at, &failed)) != NULL && n < 2 * MAX_LOSERS; n++) {
        buf_puts(out, n ? ",{" : "{");
        put_router_json(out, r);
        if (failed) {
            buf_reset(&words);
            words_put_literal(&words, failed);
            buf_putc(out, ',');
            put_member(out, "failed", buf_str(&words));
        }
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    buf_fini(&words);
}

void explain_print_json(struct buf *out, const struct explanation *e)
{
    struct buf words = { 0 };
    buf_putc(out, '{');
    put_member(out, "entryPoint", e->plan->settings->entry_points[e->entry_point].name);
    buf_putc(out, ',');
    put_member(out, "path", e->request.path);
    buf_putc(out, ',');
    if (e->winner) {
        put_router_json(out, e->winner);
        buf_putc(out, ',');
        put_member(out, "service", e->winner->service->name);
        buf_putc(out, ',');
        put_member(out, "record", e->lookup.record->value);
        buf_puts(out, ",\"middlewares\":[");
        for (size_t i = 0; i < e->winner->n_ops; i++) {
            buf_reset(&words);
            words_put_op(&words, &e->winner->ops[i]);
            buf_puts(out, i ? ",{" : "{");
            put_member(out, "name", e->winner->ops[i].middleware);
            buf_putc(out, ',');
            put_member(out, "does", buf_str(&words));
            if (i < e->n_effects) {
                buf_putc(out, ',');
                put_member(out, "path", e->effects[i].path);
                buf_printf(out, ",\"status\":%d", e->effects[i].status);
            }
            buf_putc(out, '}');
        }
        buf_putc(out, ']');
    } else {
        buf_puts(out, "\"router\":null");
    }
    put_losers_json(out, e);
    buf_puts(out, "}\n");
    buf_fini(&words);
}
