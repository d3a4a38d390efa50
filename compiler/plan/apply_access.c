/* Ops that refuse: templates/ops_access.lua. */
#include "plan/apply_state.h"

static bool in_nets(const struct model_nets *nets, struct str text)
{
    struct address address;
    bool in = false;
    if (address_read_zoned(text, &address))
        for (size_t i = 0; i < nets->n && !in; i++)
            in = address_is_in(&address, &nets->p[i]);
    return in;
}

/* X-Forwarded-For without the peer, which the proxy adds at the end. */
static struct str forwarded(const struct apply *a)
{
    struct str value = apply_header(a, STR("x-forwarded-for")), tail = a->request.peer;
    if (str_eq(value, tail))
        return STR("");
    if (str_ends(value, tail) && value.n > tail.n + 2 && memcmp(value.p + value.n - tail.n - 2, ", ", 2) == 0)
        return str_head(value, value.n - tail.n - 2);
    return value;
}

static struct str by_subnet(struct apply *a, struct str text, int bits)
{
    char memory[ADDRESS_TEXT];
    struct str out = address_text_by_subnet(text, (size_t)bits, memory);
    return out.p == memory ? arena_copy(a->arena, out) : out;
}

static struct str source(struct apply *a, const struct model_ip_strategy *by)
{
    if (!by->excluded.n && by->depth <= 0)
        return by_subnet(a, a->request.peer, by->subnet);
    VEC(struct str) items = { 0 };
    struct str rest = forwarded(a), found = STR("");
    do {
        struct str item = str_cut(&rest, ',');
        vec_push(&items, str_trim(item));
    } while (rest.p);
    if (by->excluded.n) {
        for (size_t i = items.n; i-- > 0 && !found.n;)
            if (!in_nets(&by->excluded, items.p[i]))
                found = items.p[i];
    } else if (items.n >= (size_t)by->depth) {
        found = by_subnet(a, items.p[items.n - (size_t)by->depth], by->subnet);
    }
    vec_fini(&items);
    return found;
}

static bool is_refused(const char *codes, struct str path)
{
    for (size_t i = 0; i + 2 < path.n; i++) {
        if (path.p[i] != '%')
            continue;
        for (const char *code = codes; *code; code += 2)
            if (str_eq_nocase(str_of(path.p + i + 1, 2), str_of(code, 2)))
                return true;
        i += 2;
    }
    return false;
}

bool apply_access(struct apply *a, const struct model_op *op)
{
    struct str host, port;
    switch (op->kind) {
    case OP_ALLOW_LIST:
        apply_split_host(source(a, &op->allow.strategy), &host, &port);
        return in_nets(&op->allow.nets, host) ||
               apply_stop(a, op->allow.status, str_c(model_status_text(op->allow.status)), false);
    case OP_IN_FLIGHT: /* nobody else is on the way */
        return op->in_flight.amount > 0 || apply_stop(a, 429, STR("max connections reached: 0"), false);
    case OP_ENCODED:
        return !is_refused(op->refused_codes, apply_request_now(a).path) ||
               apply_stop(a, 400, STR(""), false);
    default:
        return true;
    }
}
