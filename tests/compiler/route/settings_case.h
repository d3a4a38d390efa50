/* Cases of testdata/route/settings: lines of flags, of variables ("NAME=value"), and of a file ("| line");
 * behind "---" what differs from the settings of nobody, and the findings. "> word" is a flag that does not
 * begin with a dash. */
#pragma once

#include <stdlib.h>

#include "base/file.h"
#include "route/settings.h"
#include "suite.h"

enum { MOST = 64 };

struct settings_case {
    struct arena *arena;
    struct diag *diag;
    const char *flags[MOST], *environment[MOST];
    size_t n_flags, n_environment;
    struct buf file;
    struct settings *settings;
};

static inline void add_line(struct settings_case *c, struct str line)
{
    bool word = str_starts(line, STR("> "));
    if (str_starts(line, STR("|"))) {
        buf_put(&c->file, str_from(line, 2));
        buf_putc(&c->file, '\n');
    } else if (str_starts(line, STR("-")) || word) {
        c->flags[c->n_flags++] = arena_copy(c->arena, word ? str_from(line, 2) : line).p;
    } else if (line.n && line.p[0] != '#') {
        c->environment[c->n_environment++] = arena_copy(c->arena, line).p;
    }
    ck_assert_uint_lt(c->n_flags, MOST);
    ck_assert_uint_lt(c->n_environment, MOST);
}

static inline struct settings_case read_case(struct str lines)
{
    struct settings_case c = { .arena = arena_create() };
    c.diag = diag_create(c.arena, 0);
    while (lines.n)
        add_line(&c, str_cut(&lines, '\n'));
    struct settings_sources sources = { c.flags, c.n_flags, c.environment, buf_str(&c.file),
                                        STR("traefik.yml") };
    c.settings = settings_read(c.arena, &sources, c.diag);
    return c;
}

static inline void case_fini(struct settings_case *c)
{
    buf_fini(&c->file);
    arena_destroy(c->arena);
}

static inline void put_list(struct buf *out, const struct str *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, " [%.*s]", STR_ARG(v[i]));
}

static inline void put_entry_point(struct buf *out, const struct entry_point *e)
{
    buf_printf(out, "entry point %.*s: \"%.*s\" host=%.*s port=%d%s%s%s%s", STR_ARG(e->name),
               STR_ARG(e->address), STR_ARG(e->host), e->port, e->udp ? " udp" : "",
               e->as_default ? " default" : "", e->trust_all ? " trusts all" : "",
               e->internal ? " internal" : "");
    if (e->n_trusted_ips)
        buf_puts(out, " trusts");
    put_list(out, e->trusted_ips, e->n_trusted_ips);
    if (e->n_middlewares)
        buf_puts(out, " middlewares");
    put_list(out, e->middlewares, e->n_middlewares);
    const int64_t ms = 1000000;
    if (e->read_timeout_ns != 60000 * ms || e->idle_timeout_ns != 180000 * ms ||
        e->grace_timeout_ns != 10000 * ms)
        buf_printf(out, " timeouts %lld %lld %lld ms", (long long)(e->read_timeout_ns / ms),
                   (long long)(e->idle_timeout_ns / ms), (long long)(e->grace_timeout_ns / ms));
    buf_putc(out, '\n');
}

static inline void put_etcd(struct buf *out, const struct settings *s)
{
    buf_printf(out, "etcd: %d root=%.*s user=%.*s password=%.*s\n", s->etcd.on, STR_ARG(s->etcd.root_key),
               STR_ARG(s->etcd.username), STR_ARG(s->etcd.password));
    buf_puts(out, "etcd endpoints:");
    put_list(out, s->etcd.endpoints, s->etcd.n_endpoints);
    buf_printf(out, "\netcd tls: %d ca=%.*s cert=%.*s key=%.*s skip=%d\n", s->etcd.tls.on,
               STR_ARG(s->etcd.tls.ca), STR_ARG(s->etcd.tls.cert), STR_ARG(s->etcd.tls.key),
               s->etcd.tls.insecure_skip_verify);
}

static inline void put_settings(struct buf *out, const struct settings *s)
{
    for (size_t i = 0; i < s->n_entry_points; i++)
        put_entry_point(out, &s->entry_points[i]);
    put_etcd(out, s);
    buf_printf(out, "file: %d watch=%d name=%.*s folder=%.*s\n", s->file.on, s->file.watch,
               STR_ARG(s->file.filename), STR_ARG(s->file.directory));
    buf_printf(out, "throttle: %lld ms\n", (long long)(s->throttle_ns / 1000000));
    buf_printf(out, "api: %d insecure=%d dashboard=%d debug=%d base=%.*s\n", s->api.on, s->api.insecure,
               s->api.dashboard, s->api.debug, STR_ARG(s->api.base_path));
    buf_printf(out, "ping: %d manual=%d at=%.*s status=%d\n", s->ping.on, s->ping.manual_routing,
               STR_ARG(s->ping.entry_point), s->ping.terminating_status);
    buf_printf(out, "log: level=%d json=%d path=%.*s\n", (int)s->log.level, s->log.json,
               STR_ARG(s->log.path));
    buf_printf(out, "haproxy: binary=%.*s master=%.*s runtime=%.*s agent=%.*s\n", STR_ARG(s->haproxy.binary),
               STR_ARG(s->haproxy.master_socket), STR_ARG(s->haproxy.runtime_socket),
               STR_ARG(s->haproxy.agent_address));
    buf_printf(out, "haproxy: threads=%d connections=%d spare=%d\n", s->haproxy.threads,
               s->haproxy.max_connections, s->haproxy.spare_backends);
    buf_printf(out, "agent: workers=%d closed=%d timeout=%lld ms buckets=%d\n", s->agent.workers,
               s->agent.rate_limit_fails_closed, (long long)(s->agent.timeout_ns / 1000000),
               s->agent.buckets);
    buf_printf(out, "guard: %d, state: sync=%d %.*s\n", s->guard.max_delete, s->state.sync,
               STR_ARG(s->state.dir));
}

/* The lines of `all` that `usual` does not have. */
static inline void put_difference(struct buf *out, struct str all, struct str usual)
{
    while (all.n) {
        struct str line = str_cut(&all, '\n');
        struct str whole = str_of(line.p, line.n + 1);
        if (str_search(usual, whole) == SIZE_MAX)
            buf_put(out, whole);
    }
}

static inline void put_findings(struct buf *out, struct diag *diag)
{
    diag_sort(diag);
    for (size_t i = 0; i < diag_total(diag); i++) {
        const struct finding *f = diag_get(diag, i);
        buf_printf(out, "%s %.*s", finding_name(f->code), STR_ARG(f->key));
        if (f->nearest.n)
            buf_printf(out, " -> %.*s", STR_ARG(f->nearest));
        if (f->text.n)
            buf_printf(out, " <%.*s>", STR_ARG(f->text));
        buf_putc(out, '\n');
    }
}

static inline void check_case(const char *path)
{
    struct buf file = { 0 }, all = { 0 }, usual = { 0 }, got = { 0 };
    ck_assert_msg(file_read(path, 0, &file), "%s", path);
    size_t at = str_search(buf_str(&file), STR("---\n"));
    ck_assert_msg(at != SIZE_MAX, "%s has no line of three dashes", path);
    struct settings_case c = read_case(str_head(buf_str(&file), at)), nothing = read_case(STR(""));
    put_settings(&all, c.settings);
    put_settings(&usual, nothing.settings);
    put_difference(&got, buf_str(&all), buf_str(&usual));
    put_findings(&got, c.diag);
    ck_assert_msg(str_eq(buf_str(&got), str_from(buf_str(&file), at + 4)), "%s gives:\n%s", path,
                  got.n ? got.p : "");
    case_fini(&c);
    case_fini(&nothing);
    buf_fini(&file);
    buf_fini(&all);
    buf_fini(&usual);
    buf_fini(&got);
}
