/* Ops that refuse: templates/ops_access.lua. */
#include <arpa/inet.h>

#include "plan/apply_state.h"

/* net/netip ParseAddr into a network of one address; IPv4 in IPv6 is IPv4. */
static bool read_address(struct str text, struct model_net *out)
{
    char address[64];
    size_t zone = str_find(text, '%');
    struct str host = str_head(text, zone);
    *out = (struct model_net){ 0 };
    if (host.n == 0 || host.n >= sizeof address || memchr(host.p, '\0', host.n) || zone + 1 == text.n)
        return false;
    memcpy(address, host.p, host.n);
    address[host.n] = '\0';
    if (zone == text.n && inet_pton(AF_INET, address, out->address) == 1) {
        out->bytes = 4;
        return true;
    }
    if (inet_pton(AF_INET6, address, out->address) != 1)
        return false;
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    out->bytes = 16;
    if (memcmp(out->address, mapped, sizeof mapped) == 0) {
        memmove(out->address, out->address + 12, 4);
        out->bytes = 4;
    }
    return true;
}

static bool in_net(const struct model_net *net, const struct model_net *address)
{
    if (net->bytes != address->bytes)
        return false;
    for (int i = 0, left = net->bits; left > 0; i++, left -= 8) {
        unsigned mask = left >= 8 ? 0xffu : 0xff00u >> left & 0xffu;
        if ((net->address[i] ^ address->address[i]) & mask)
            return false;
    }
    return true;
}

static bool in_nets(const struct model_nets *nets, struct str text)
{
    struct model_net address;
    bool in = false;
    if (read_address(text, &address))
        for (size_t i = 0; i < nets->n && !in; i++)
            in = in_net(&nets->p[i], &address);
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
    unsigned char address[16];
    char copy[64], out[INET6_ADDRSTRLEN];
    struct str host = str_head(text, str_find(text, '%'));
    if (bits == 0 || host.n >= sizeof copy)
        return text;
    memcpy(copy, host.p ? host.p : "", host.n);
    copy[host.n] = '\0';
    if (inet_pton(AF_INET6, copy, address) != 1)
        return text;
    for (int i = 0; i < 16; i++)
        address[i] = (unsigned char)(address[i] & (bits - 8 * i >= 8   ? 0xff
                                                   : bits - 8 * i <= 0 ? 0
                                                                       : 0xff00 >> (bits - 8 * i)));
    return arena_copy(a->arena, str_c(inet_ntop(AF_INET6, address, out, sizeof out)));
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
