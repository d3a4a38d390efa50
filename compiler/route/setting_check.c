#include "route/setting_check.h"

struct check {
    struct arena *arena;
    const struct settings *settings;
    const struct choices *choices;
    struct diag *diag;
};

static void report(struct check *c, const char *id, const char *message, const char *expected)
{
    diag_add(c->diag, (struct finding){ .code = FINDING_BAD_SETTING,
                                        .key = choices_label(c->choices, c->arena, id),
                                        .message = str_c(message),
                                        .expected = str_c(expected) });
}

static void check_etcd(struct check *c)
{
    const struct settings *s = c->settings;
    if (s->etcd.on && (s->etcd.tls.cert.n > 0) != (s->etcd.tls.key.n > 0))
        report(c, s->etcd.tls.cert.n ? "providers.etcd.tls.cert" : "providers.etcd.tls.key",
               "certificate and key go together", "both, or none");
    if (s->etcd.on && s->etcd.root_key.n == 0)
        report(c, "providers.etcd.rootkey", "the root is empty", "a name such as traefik");
    if (s->etcd.on && s->etcd.n_endpoints == 0)
        report(c, "providers.etcd.endpoints", "there is no endpoint", "host:port, or URLs");
}

/* A letter, digit or one of / _ . : ~ - */
static bool is_path_byte(char c)
{
    return ascii_is_alnum(c) || (c && strchr("/_.:~-", c));
}

static void check_api(struct check *c)
{
    struct str path = c->settings->api.base_path;
    bool good = str_starts(path, STR("/"));
    for (size_t i = 0; i < path.n; i++)
        good = good && is_path_byte(path.p[i]);
    if (c->settings->api.on && !good)
        report(c, "api.basepath", "not a path", "a path such as /traefik");
}

static void check_rules(struct check *c)
{
    struct str syntax = c->settings->default_rule_syntax;
    if (!str_eq(syntax, STR("v2")) && !str_eq(syntax, STR("v3")))
        report(c, "core.defaultrulesyntax", "no syntax of rules", "v3 or v2");
}

static void check_files(struct check *c)
{
    const struct settings *s = c->settings;
    if (s->file.on && s->file.filename.n == 0 && s->file.directory.n == 0)
        report(c, "providers.file.filename", "neither a file nor a folder is given",
               "providers.file.filename or providers.file.directory");
}

static void check_sockets(struct check *c)
{
    const struct settings *s = c->settings;
    if ((s->haproxy.master_socket.n > 0) != (s->haproxy.runtime_socket.n > 0))
        report(c, s->haproxy.master_socket.n ? "haproxy.mastersocket" : "haproxy.runtimesocket",
               "the two sockets of HAProxy go together", "haproxy.mastersocket and haproxy.runtimesocket");
    if (s->agent.workers == 0)
        report(c, "agent.workers", "the agent needs a thread", "1 or more");
    if (s->agent.buckets == 0)
        report(c, "agent.ratelimit.buckets", "no source could be told from another", "1 or more");
    if (s->agent.timeout_ns <= 0)
        report(c, "agent.timeout", "no time at all", "a duration such as 1s");
}

static void check_ping(struct check *c)
{
    const struct settings *s = c->settings;
    bool found = !s->ping.on || s->ping.manual_routing;
    for (size_t i = 0; i < s->n_entry_points; i++)
        found = found || str_eq(s->entry_points[i].name, s->ping.entry_point);
    if (!found)
        diag_report(c->diag, FINDING_UNKNOWN_ENTRY_POINT,
                    choices_label(c->choices, c->arena, "ping.entrypoint"),
                    "ping has no entry point \"%.*s\"", STR_ARG(str_head(s->ping.entry_point, 100)));
    if (s->ping.terminating_status < 100 || s->ping.terminating_status > 999)
        report(c, "ping.terminatingstatuscode", "not a status", "a number from 100 to 999");
}

static void check_headers(struct check *c, const struct entry_point *e)
{
    struct str u = e->underscores;
    if (!str_eq(u, STR("keep")) && !str_eq(u, STR("delete")) && !str_eq(u, STR("reject")))
        diag_add(c->diag, (struct finding){ .code = FINDING_BAD_SETTING,
                                            .key = entry_point_label(c->arena, c->choices, e->name),
                                            .message = STR("no underscoreHeadersStrategy"),
                                            .expected = STR("keep, delete or reject") });
}

/* Two that listen at one place; the odd quadratic look is over a handful of entry points. */
static void check_addresses(struct check *c)
{
    const struct settings *s = c->settings;
    for (size_t i = 0; i < s->n_entry_points; i++)
        for (size_t j = i + 1; j < s->n_entry_points; j++) {
            const struct entry_point *a = &s->entry_points[i], *b = &s->entry_points[j];
            if (a->port == 0 || a->port != b->port || a->udp != b->udp || !str_eq(a->host, b->host))
                continue;
            diag_add(c->diag, (struct finding){ .code = FINDING_BAD_SETTING,
                                                .key = entry_point_label(c->arena, c->choices, b->name),
                                                .text = b->address,
                                                .length = b->address.n,
                                                .message = arena_printf(
                                                    c->arena, "entry point \"%.*s\" listens there already",
                                                    STR_ARG(str_head(a->name, 100))) });
            return;
        }
}

/* As in Traefik: the section alone trusts nobody, so it is a mistake. */
static void check_proxies(struct check *c)
{
    for (size_t i = 0; i < c->settings->n_entry_points; i++) {
        const struct entry_point *e = &c->settings->entry_points[i];
        if (e->proxy.on && !e->proxy.insecure && e->proxy.n_trusted_ips == 0)
            diag_add(c->diag, (struct finding){
                                  .code = FINDING_BAD_SETTING,
                                  .key = arena_printf(c->arena, "entrypoints.%.*s.proxyprotocol",
                                                      STR_ARG(str_head(e->name, 100))),
                                  .message = STR("nobody is trusted"),
                                  .expected = STR("proxyprotocol.trustedips or proxyprotocol.insecure") });
    }
}

void settings_check(struct arena *arena, const struct settings *settings, const struct choices *choices,
                    struct diag *diag)
{
    struct check c = { arena, settings, choices, diag };
    check_etcd(&c);
    check_api(&c);
    check_rules(&c);
    check_files(&c);
    check_sockets(&c);
    check_ping(&c);
    check_proxies(&c);
    check_addresses(&c);
    for (size_t i = 0; i < settings->n_entry_points; i++)
        check_headers(&c, &settings->entry_points[i]);
}
