#include "explain/holds.h"

#include "base/address.h"
#include "route/regex_run.h"

/* One final dot more or less makes no difference. */
static bool host_matches(struct str host, struct str base, size_t dots)
{
    size_t host_dots = 0;
    for (; host.n && host.p[host.n - 1] == '.'; host.n--)
        host_dots++;
    return host.n && str_eq_nocase(host, base) && host_dots <= dots + 1 && dots <= host_dots + 1;
}

static bool value_matches(const struct rule_literal *l, struct str value)
{
    return l->regex ? regex_match(l->regex, value) : str_eq(value, l->n_args > 1 ? l->args[1] : STR(""));
}

static bool header_matches(const struct rule_literal *l, const struct request *r)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_eq(r->headers[i].name, l->args[0]) && value_matches(l, r->headers[i].value))
            return true;
    return false;
}

static bool query_matches(const struct rule_literal *l, const struct request *r)
{
    bool first = l->matcher == MATCHER_QUERY_FIRST;
    for (size_t i = 0; i < r->n_parameters; i++) {
        const struct request_parameter *p = &r->parameters[i];
        bool any = first && !l->regex && l->n_args < 2;
        if (str_eq(p->key, l->args[0]) && (!first || p->first) && (any || value_matches(l, p->value)))
            return true;
    }
    return false;
}

static bool wildcard_matches(const struct rule_literal *l, struct str host)
{
    size_t dot = str_find(host, '.');
    return dot < host.n && host_matches(str_from(host, dot + 1), l->args[0], l->dots);
}

static bool is_client_in(struct str client, struct str text)
{
    struct address address;
    struct address_range range;
    return address_read(client, &address) && address_range_read(text, &range) &&
           address_is_in(&address, &range);
}

static bool matches(const struct rule_literal *l, const struct request *r)
{
    switch (l->matcher) {
    case MATCHER_HOST:
        return host_matches(r->host, l->args[0], l->dots);
    case MATCHER_HOST_WILDCARD:
        return wildcard_matches(l, r->host);
    case MATCHER_HOST_REGEXP:
        return regex_match(l->regex, r->host);
    case MATCHER_PATH:
        return str_eq(r->path, l->args[0]);
    case MATCHER_PATH_PREFIX:
        return str_starts(r->path, l->args[0]);
    case MATCHER_PATH_REGEXP:
        return regex_match(l->regex, r->path);
    case MATCHER_METHOD:
        return str_eq(r->method, l->args[0]);
    case MATCHER_HEADER:
    case MATCHER_HEADER_REGEXP:
        return header_matches(l, r);
    case MATCHER_QUERY:
    case MATCHER_QUERY_REGEXP:
    case MATCHER_QUERY_FIRST:
        return query_matches(l, r);
    case MATCHER_CLIENT_IP:
        return is_client_in(r->client, l->args[0]);
    case MATCHER_COUNT:
        break;
    }
    return false;
}

bool literal_holds(const struct rule_literal *literal, const struct request *request)
{
    return matches(literal, request) != literal->negated;
}

bool dnf_holds(const struct rule_dnf *dnf, const struct request *request, const struct rule_literal **failed)
{
    size_t farthest = 0;
    if (failed)
        *failed = NULL;
    for (size_t i = 0; i < dnf->n; i++) {
        const struct rule_conjunct *c = &dnf->conjuncts[i];
        size_t n = 0;
        while (n < c->n && literal_holds(&c->literals[n], request))
            n++;
        if (n == c->n)
            return true;
        if (failed && (!*failed || n > farthest)) {
            *failed = &c->literals[n];
            farthest = n;
        }
    }
    return false;
}
