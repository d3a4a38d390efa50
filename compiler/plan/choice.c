#include "plan/choice.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/quote.h"
#include "plan/relayed.h"
#include "plan/service.h"

/* What all weights of a service may come to: the Lua side multiplies two of them. */
#define HEAVIEST_SUM INT64_C(1000000000)

/* The backend that answers 500. */
#define BROKEN STR("broken")

static bool is_nowhere(const struct model_server *server)
{
    return server->host.n == 0;
}

static bool all_nowhere(const struct model_service *service)
{
    for (size_t i = 0; i < service->n_servers; i++)
        if (!is_nowhere(&service->servers[i]))
            return false;
    return service->kind == SERVICE_SERVERS && service->n_servers > 0;
}

bool choice_has_backend(const struct model_service *service)
{
    return service->kind == SERVICE_SERVERS && !all_nowhere(service);
}

/* Whole milliseconds, at least one; what HAProxy's clock cannot hold is no limit. */
static int64_t milliseconds(int64_t ns)
{
    const int64_t ns_per_ms = 1000000, longest = INT64_C(24) * 24 * 3600 * 1000;
    int64_t ms = ns / ns_per_ms + (ns % ns_per_ms > 0);
    return ns <= 0 || ms > longest ? longest : ms;
}

static bool has_times(const struct model_transport *transport)
{
    return transport && (transport->response_header_ns || transport->dial_ns != MODEL_DIAL_DEFAULT_NS);
}

bool choice_is_plain(const struct model_service *service)
{
    if (service->kind != SERVICE_SERVERS || service->strategy != STRATEGY_WRR || service->cookie.name.n ||
        !service->pass_host_header || has_times(service->transport))
        return false;
    for (size_t i = 0; i < service->n_servers; i++)
        if (is_nowhere(&service->servers[i]) || service->servers[i].path.n)
            return false;
    return true;
}

struct choice_target choice_target_of(struct arena *arena, const struct model_service *service,
                                      const struct strmap *holders)
{
    if (service->kind == SERVICE_INTERNAL)
        return (struct choice_target){ str_head(service->name, str_find(service->name, '@')), false };
    if (all_nowhere(service))
        return (struct choice_target){ BROKEN, false };
    if (choice_is_plain(service)) {
        const struct shape_backend *backend = strmap_get(holders, service->name);
        return (struct choice_target){ backend->name, false };
    }
    return (struct choice_target){ choice_name_of(arena, service), true };
}

struct str choice_name_of(struct arena *arena, const struct model_service *service)
{
    if (service->kind == SERVICE_INTERNAL)
        return str_head(service->name, str_find(service->name, '@'));
    struct buf name = { 0 };
    buf_putc(&name, '}');
    quote_field(&name, service->name);
    struct str out = arena_copy(arena, buf_str(&name));
    buf_fini(&name);
    return out;
}

/* Whether the relay may have to do with it. */
static bool is_relayed(const struct model_service *service)
{
    return service->kind == SERVICE_MIRRORED ||
           (service->kind == SERVICE_FAILOVER && service->statuses.n > 0);
}

static void put_text(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ',')
            buf_puts(out, "%2C");
        else if (s.p[i] == '|')
            buf_puts(out, "%7C");
        else
            quote_field(out, str_of(s.p + i, 1));
}

static void put_cookie(struct buf *out, const struct model_cookie *cookie)
{
    if (cookie->name.n == 0)
        return;
    put_text(out, cookie->name);
    buf_putc(out, '|');
    put_text(out, cookie->attributes);
}

/* Weights of one service, scaled down together where their sum is too large; none to zero. */
struct scale {
    double factor;
};

static struct scale scale_of(double sum)
{
    return (struct scale){ sum > (double)HEAVIEST_SUM ? (double)HEAVIEST_SUM / sum : 1 };
}

static void put_weight(struct buf *out, struct scale scale, int64_t weight)
{
    if (scale.factor < 1)
        weight = (int64_t)((double)weight * scale.factor);
    buf_printf(out, "|%" PRId64 "|", weight > 0 ? weight : 1);
}

static void put_servers(struct buf *out, struct arena *arena, const struct model_service *service)
{
    double sum = 0;
    for (size_t i = 0; i < service->n_servers; i++)
        sum += (double)service->servers[i].weight;
    for (size_t i = 0; i < service->n_servers; i++) {
        const struct model_server *server = &service->servers[i];
        if (i)
            buf_putc(out, ',');
        buf_put(out, server_describe(arena, service, server).name);
        put_weight(out, scale_of(sum), server->weight);
        put_text(out, server->url);
        buf_putc(out, '|');
        if (is_nowhere(server))
            buf_putc(out, '!');
        else if (!service->pass_host_header)
            put_text(out, server->authority);
        buf_putc(out, '|');
        put_text(out, server->path);
    }
}

/* Shares of mirrors are told as they are. */
static void put_children(struct buf *out, struct arena *arena, const struct model_service *service,
                         const struct strmap *holders)
{
    bool relayed = is_relayed(service);
    double sum = 0;
    for (size_t i = 0; i < service->n_children; i++)
        sum += (double)service->children[i].weight;
    for (size_t i = 0; i < service->n_children; i++) {
        const struct model_child *child = &service->children[i];
        if (i)
            buf_putc(out, ',');
        buf_put(out, child->id);
        put_weight(out, scale_of(sum), child->weight);
        put_text(out, child->name);
        buf_putc(out, '|');
        buf_put(out, relayed ? choice_name_of(arena, child->service)
                             : choice_target_of(arena, child->service, holders).text);
    }
}

static void put_relayed(struct buf *out, const struct model_service *service)
{
    if (!is_relayed(service))
        return;
    buf_putc(out, ';');
    if (service->kind == SERVICE_MIRRORED) {
        buf_printf(out, "%d?%" PRId64, service->mirror_body, service->max_body);
        return;
    }
    buf_printf(out, "%" PRId64 "?", service->max_body);
    relayed_put_statuses(out, &service->statuses);
}

/* A named service that needs no choice. */
static void put_alias(struct buf *out, const struct model_service *service, struct str target)
{
    bool careful = service->kind == SERVICE_SERVERS && service->check.on;
    buf_printf(out, "w;.%s;;;0|1|", careful ? "c" : "");
    put_text(out, service->name);
    buf_printf(out, "|%.*s;", STR_ARG(target));
}

static void put_definition(struct buf *out, struct arena *arena, const struct model_service *service,
                           const struct strmap *holders)
{
    static const char kinds[] = { [SERVICE_SERVERS] = 's',
                                  [SERVICE_WEIGHTED] = 'w',
                                  [SERVICE_HASHED] = 'h',
                                  [SERVICE_MIRRORED] = 'm',
                                  [SERVICE_FAILOVER] = 'f' };
    static const char strategies[] = {
        [STRATEGY_WRR] = 'r', [STRATEGY_P2C] = 'p', [STRATEGY_HRW] = 'h', [STRATEGY_LEASTTIME] = 'l'
    };
    bool servers = service->kind == SERVICE_SERVERS;
    bool careful = servers ? service->check.on : service->aware;
    const struct shape_backend *backend = servers ? strmap_get(holders, service->name) : NULL;
    buf_putc(out, kinds[service->kind]);
    buf_putc(out, ';');
    buf_putc(out, servers ? strategies[service->strategy] : '.');
    if (backend && backend->kind == BACKEND_CHOSEN)
        buf_putc(out, 'k');
    if (careful)
        buf_putc(out, 'c');
    buf_putc(out, ';');
    put_cookie(out, &service->cookie);
    buf_putc(out, ';');
    if (backend)
        buf_put(out, backend->name);
    buf_putc(out, ';');
    if (servers)
        put_servers(out, arena, service);
    else
        put_children(out, arena, service, holders);
    buf_putc(out, ';');
    if (has_times(service->transport))
        buf_printf(out, "%" PRId64 "|%" PRId64, milliseconds(service->transport->response_header_ns),
                   milliseconds(service->transport->dial_ns));
    put_relayed(out, service);
}

static int compare_entries(const void *a, const void *b)
{
    return str_cmp(((const struct plan_entry *)a)->key, ((const struct plan_entry *)b)->key);
}

bool choice_entry_of(struct arena *arena, const struct model_service *service, bool named,
                     const struct strmap *holders, struct plan_entry *out)
{
    struct choice_target target = choice_target_of(arena, service, holders);
    struct buf value = { 0 };
    if (!target.chosen && !named)
        return false;
    if (target.chosen)
        put_definition(&value, arena, service, holders);
    else
        put_alias(&value, service, target.text);
    *out = (struct plan_entry){ arena_printf(arena, "%.*s?", STR_ARG(choice_name_of(arena, service))),
                                arena_copy(arena, buf_str(&value)) };
    buf_fini(&value);
    return true;
}

struct plan_entry *choice_entries(struct arena *arena, const struct model *model,
                                  const struct strmap *holders, size_t *n)
{
    struct plan_entry *entries = ARENA_ARRAY(arena, struct plan_entry, model->n_services);
    *n = 0;
    for (size_t i = 0; i < model->n_services; i++)
        if (model->services[i].used)
            *n +=
                choice_entry_of(arena, &model->services[i], model->services[i].named, holders, &entries[*n]);
    if (*n)
        qsort(entries, *n, sizeof *entries, compare_entries);
    return entries;
}

static void put_renamed(struct buf *out, struct str name, const struct strmap *names)
{
    const struct str *other = strmap_get(names, name);
    buf_put(out, other ? *other : name);
}

/* ID|WEIGHT|NAME|TARGET of each child. */
static void put_renamed_children(struct buf *out, struct str members, const struct strmap *names)
{
    enum { TARGET = 3 };
    for (const char *comma = ""; members.p; comma = ",") {
        struct str member = str_cut(&members, ',');
        buf_puts(out, comma);
        for (size_t i = 0; member.p; i++) {
            struct str part = str_cut(&member, '|');
            if (i)
                buf_putc(out, '|');
            if (i == TARGET)
                put_renamed(out, part, names);
            else
                buf_put(out, part);
        }
    }
}

struct str choice_renamed(struct arena *arena, struct str value, const struct strmap *names)
{
    enum { BACKEND = 3, MEMBERS = 4 };
    bool servers = value.n && value.p[0] == 's';
    struct buf text = { 0 };
    for (size_t i = 0; value.p; i++) {
        struct str field = str_cut(&value, ';');
        if (i)
            buf_putc(&text, ';');
        if (i == BACKEND && servers)
            put_renamed(&text, field, names);
        else if (i == MEMBERS && !servers)
            put_renamed_children(&text, field, names);
        else
            buf_put(&text, field);
    }
    struct str out = arena_copy(arena, buf_str(&text));
    buf_fini(&text);
    return out;
}
