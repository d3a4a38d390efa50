#include "route/settings.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "suite.h"

/* Cases of testdata/route/settings: lines of flags, of variables ("NAME=value"), and of a file ("| line");
 * behind
 * "---" what differs from the settings of nobody, and the findings. "> word" is a flag that does not begin
 * with a dash. */

enum { MOST = 64 };

struct settings_case {
    struct arena *arena;
    struct diag *diag;
    const char *flags[MOST], *environment[MOST];
    size_t n_flags, n_environment;
    struct buf file;
    struct settings *settings;
};

static void add_line(struct settings_case *c, struct str line)
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

static struct settings_case read_case(struct str lines)
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

static void case_fini(struct settings_case *c)
{
    buf_fini(&c->file);
    arena_destroy(c->arena);
}

static void put_list(struct buf *out, const struct str *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, " [%.*s]", STR_ARG(v[i]));
}

static void put_entry_point(struct buf *out, const struct entry_point *e)
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

static void put_etcd(struct buf *out, const struct settings *s)
{
    buf_printf(out, "etcd: %d root=%.*s user=%.*s password=%.*s\n", s->etcd.on, STR_ARG(s->etcd.root_key),
               STR_ARG(s->etcd.username), STR_ARG(s->etcd.password));
    buf_puts(out, "etcd endpoints:");
    put_list(out, s->etcd.endpoints, s->etcd.n_endpoints);
    buf_printf(out, "\netcd tls: %d ca=%.*s cert=%.*s key=%.*s skip=%d\n", s->etcd.tls.on,
               STR_ARG(s->etcd.tls.ca), STR_ARG(s->etcd.tls.cert), STR_ARG(s->etcd.tls.key),
               s->etcd.tls.insecure_skip_verify);
}

static void put_settings(struct buf *out, const struct settings *s)
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
               s->agent.rate_limit_fails_closed, (long long)(s->agent.timeout_ns / 1000000), s->agent.buckets);
    buf_printf(out, "guard: %d, state: sync=%d %.*s\n", s->guard.max_delete, s->state.sync,
               STR_ARG(s->state.dir));
}

/* The lines of `all` that `usual` does not have. */
static void put_difference(struct buf *out, struct str all, struct str usual)
{
    while (all.n) {
        struct str line = str_cut(&all, '\n');
        struct str whole = str_of(line.p, line.n + 1);
        if (str_search(usual, whole) == SIZE_MAX)
            buf_put(out, whole);
    }
}

static void put_findings(struct buf *out, struct diag *diag)
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

static void check_case(const char *path)
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

START_TEST(every_case_reads_as_it_says)
{
    const char *folder = TESTDATA "/route/settings";
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort), cases = 0;
    for (int i = 0; i < n; i++) {
        char path[4096];
        if (names[i]->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
            check_case(path);
            cases++;
        }
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    ck_assert_int_ge(cases, 12);
}
END_TEST

START_TEST(without_anything_the_defaults_are_traefiks)
{
    struct settings_case c = read_case(STR(""));
    const struct settings *s = c.settings;
    ck_assert_uint_eq(diag_total(c.diag), 0);
    ck_assert_uint_eq(s->n_entry_points, 1);
    ck_assert(str_eq(s->entry_points[0].name, STR("http")) && str_eq(s->entry_points[0].address, STR(":80")));
    ck_assert(s->entry_points[0].port == 80 && s->entry_points[0].host.n == 0 &&
              !s->entry_points[0].internal);
    ck_assert_int_eq(s->entry_points[0].read_timeout_ns, 60000000000);
    ck_assert_int_eq(s->entry_points[0].idle_timeout_ns, 180000000000);
    ck_assert_int_eq(s->entry_points[0].grace_timeout_ns, 10000000000);
    ck_assert(!s->etcd.on && !s->etcd.tls.on && !s->file.on && s->file.watch && !s->api.on && !s->ping.on);
    ck_assert(s->api.dashboard && str_eq(s->api.base_path, STR("/")) && s->log.level == LOG_ERROR &&
              !s->log.json);
    ck_assert(str_eq(s->etcd.root_key, STR("traefik")) && s->etcd.n_endpoints == 1);
    ck_assert_int_eq(s->throttle_ns, 2000000000);
    ck_assert_int_eq(s->ping.terminating_status, 503);
    ck_assert(str_eq(s->ping.entry_point, STR("traefik")));
    ck_assert(s->haproxy.spare_backends == 256 && s->agent.workers == 2 && s->agent.timeout_ns == 1000000000);
    ck_assert(!s->agent.rate_limit_fails_closed && s->state.sync && s->state.dir.n == 0 &&
              s->guard.max_delete == 100);
    case_fini(&c);
}
END_TEST

static const struct {
    const char *address, *host;
    int port; /* -1: no address */
    bool udp;
} addresses[] = {
    { ":80", "", 80, false },
    { ":0", "", 0, false },
    { ":65535", "", 65535, false },
    { "0.0.0.0:80", "0.0.0.0", 80, false },
    { "[::1]:80", "::1", 80, false },
    { "[::]:80/tcp", "::", 80, false },
    { "[fe80::1%eth0]:80", "fe80::1%eth0", 80, false },
    { "localhost:80", "localhost", 80, false },
    { ":53/udp", "", 53, true },
    { ":53/UDP", "", 53, true },
    { ":80/sctp", "", -1, false },
    { ":80/", "", -1, false },
    { ":80/tcp/", "", -1, false },
    { "", "", -1, false },
    { "80", "", -1, false },
    { ":", "", -1, false },
    { ":http", "", -1, false },
    { ":+80", "", -1, false },
    { ":-1", "", -1, false },
    { ":65536", "", -1, false },
    { ": 80", "", -1, false },
    { "::1:80", "", -1, false },
    { "[::1]", "", -1, false },
    { "[::1]80", "", -1, false },
    { "[::1:80", "", -1, false },
    { "[]:80", "", -1, false },
    { "[1.2.3.4]:80", "", -1, false },
    { "[::1%]:80", "", -1, false },
    { "a b:80", "", -1, false },
    { "true", "", -1, false },
};

START_TEST(addresses_have_host_port_and_protocol)
{
    char line[200];
    snprintf(line, sizeof line, "--entrypoints.web.address=%s", addresses[_i].address);
    struct settings_case c = read_case(str_c(line));
    const struct entry_point *e = &c.settings->entry_points[0];
    if (addresses[_i].port < 0) {
        ck_assert_msg(diag_count(c.diag, SEVERITY_ERROR) == 1, "%s", line);
    } else {
        ck_assert_msg(diag_total(c.diag) == 0, "%s", line);
        ck_assert_int_eq(e->port, addresses[_i].port);
        ck_assert_int_eq(e->udp, addresses[_i].udp);
        ck_assert(str_eq(e->host, str_c(addresses[_i].host)));
    }
    case_fini(&c);
}
END_TEST

START_TEST(the_configuration_file_is_found_among_the_flags)
{
    static const struct {
        const char *flags[4], *found;
    } rows[] = {
        { { "--configfile=a.yml" }, "a.yml" },
        { { "--api", "-configFile=b.yml" }, "b.yml" },
        { { "--CONFIGFILE", "c.yml" }, "c.yml" },
        { { "--configfile=a", "--configfile=b" }, "b" },
        { { "--configfile" }, "" },
        { { "--configfile=" }, "" },
        { { "--configfiles=a.yml" }, "" },
        { { "--", "--configfile=a.yml" }, "" },
        { { "configfile=a.yml" }, "" },
        { { NULL }, "" },
    };
    for (int i = 0; i < ROWS(rows); i++) {
        size_t n = 0;
        while (n < 4 && rows[i].flags[n])
            n++;
        struct str found = settings_config_file(rows[i].flags, n);
        ck_assert_msg(str_eq(found, str_c(rows[i].found)), "%d: %.*s", i, STR_ARG(found));
    }
}
END_TEST

static void instance_of(const char *lines, char out[static 13])
{
    struct settings_case c = read_case(str_c(lines));
    settings_instance(c.settings, out);
    case_fini(&c);
}

START_TEST(an_instance_is_named_by_what_it_serves)
{
    char a[13], b[13];
    instance_of("--entrypoints.web.address=:80\n--providers.etcd", a);
    ck_assert_uint_eq(strspn(a, "0123456789abcdef"), 12);
    ck_assert_uint_eq(strlen(a), 12);
    instance_of("TRAEFIK_PROVIDERS_ETCD=true\nTRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:80\nMAITRED_LOG_LEVEL=DEBUG",
                b);
    ck_assert_str_eq(a, b);
    static const char *const others[] = {
        "--entrypoints.web.address=:81\n--providers.etcd",
        "--entrypoints.wob.address=:80\n--providers.etcd",
        "--entrypoints.web.address=:80\n--providers.etcd.rootkey=x",
        "--entrypoints.web.address=:80\n--providers.etcd.endpoints=a:1",
        "--entrypoints.web.address=:80\n--providers.etcd.endpoints=127.0.0.1:2379,a:1",
        "--entrypoints.web.address=:80",
        "--entrypoints.web.address=:80\n--providers.etcd\n--api.insecure",
    };
    for (int i = 0; i < ROWS(others); i++) {
        instance_of(others[i], b);
        ck_assert_str_ne(a, b);
    }
}
END_TEST

START_TEST(secrets_are_never_shown)
{
    static const char *const lines[] = {
        "--providers.etcd.password\n> hush",
        "--providers.etcd.pasword\n> hush",
        "--providers.etcd.pasword=hush",
        "--providers.etcd.tls.key=hush",
        "--providers.etcd\n> hush",
        "--certificatesresolvers.le.acme.eab.hmacencoded=hush",
        "--metrics.influxdb2.token=hush",
        "--providers.etcd.tls=hush",
        "--metrics.otlp.http.headers=hush",
        "TRAEFIK_PROVIDERS_ETCD_PASSWOR=hush",
        "| providers:\n|   etcd:\n|     password: {a: hush}",
        "| providers:\n|   etcd:\n|     password: [hush]",
        "| providers:\n|   etcd:\n|     password: hush: hush",
    };
    for (int i = 0; i < ROWS(lines); i++) {
        struct settings_case c = read_case(str_c(lines[i]));
        struct buf b = { 0 };
        diag_print(&b, c.diag, false);
        diag_print_json(&b, c.diag);
        ck_assert_msg(str_search(buf_str(&b), STR("hush")) == SIZE_MAX, "%s", b.p);
        buf_fini(&b);
        case_fini(&c);
    }
}
END_TEST

START_TEST(what_findings_show_is_bounded)
{
    struct buf b = { 0 };
    buf_puts(&b, "--api.insecure=");
    for (int i = 0; i < 10000; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, "\n--");
    for (int i = 0; i < 10000; i++)
        buf_puts(&b, "y.");
    struct settings_case c = read_case(buf_str(&b));
    ck_assert_uint_eq(diag_total(c.diag), 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_le(diag_get(c.diag, i)->text.n, 200);
        ck_assert_uint_le(diag_get(c.diag, i)->key.n, 200);
    }
    buf_fini(&b);
    case_fini(&c);
}
END_TEST

/* testdata/route/settings-keys.txt: every setting of Traefik's with a value that it can have. */
START_TEST(every_setting_of_traefik_is_known)
{
    struct buf file = { 0 };
    ck_assert(file_read(TESTDATA "/route/settings-keys.txt", 0, &file));
    struct str text = buf_str(&file);
    int lines = 0;
    for (; text.n; lines++) {
        struct str line = str_cut(&text, '\n');
        struct settings_case c = read_case(line);
        for (size_t i = 0; i < diag_total(c.diag); i++) {
            const struct finding *f = diag_get(c.diag, i);
            bool bad_value = f->code == FINDING_BAD_SETTING && f->text.n;
            ck_assert_msg(f->code != FINDING_UNKNOWN_SETTING && !bad_value, "%.*s: %.*s", STR_ARG(line),
                          STR_ARG(f->message));
        }
        case_fini(&c);
    }
    ck_assert_int_gt(lines, 280);
    buf_fini(&file);
}
END_TEST

/* testdata/route/settings-flags.txt: every flag that `traefik --help` of 3.7 lists. */
START_TEST(no_flag_of_traefik_is_unknown)
{
    struct buf file = { 0 };
    ck_assert(file_read(TESTDATA "/route/settings-flags.txt", 0, &file));
    struct str text = buf_str(&file);
    int lines = 0;
    for (; text.n; lines++) {
        struct str name = str_cut(&text, '\n');
        struct buf flag = { 0 };
        buf_puts(&flag, "--");
        while (name.n) {
            buf_put(&flag, str_cut(&name, '<')); /* <name> */
            buf_puts(&flag, name.p ? "x" : "");
            str_cut(&name, '>');
        }
        struct settings_case c = read_case(buf_str(&flag));
        for (size_t i = 0; i < diag_total(c.diag); i++)
            ck_assert_msg(diag_get(c.diag, i)->code != FINDING_UNKNOWN_SETTING, "%s", flag.p);
        case_fini(&c);
        buf_fini(&flag);
    }
    ck_assert_int_gt(lines, 540);
    buf_fini(&file);
}
END_TEST

START_TEST(all_settings_are_printed)
{
    struct buf text = { 0 }, markdown = { 0 };
    settings_print(&text, false);
    settings_print(&markdown, true);
    static const char *const some[] = {
        "--entrypoints.<name>.address",
        "--providers.etcd.endpoints",
        "--haproxy.sparebackends",
        "--agent.ratelimit.onfailure",
        "--metrics.otlp.grpc.tls.ca",
        "--accesslog.fields.names.<name>",
        "--certificatesresolvers.<name>.acme.email",
        "--configfile",
        "--accesslog ",
    };
    for (int i = 0; i < ROWS(some); i++)
        ck_assert_msg(str_search(buf_str(&text), str_c(some[i])) != SIZE_MAX, "%s", some[i]);
    struct str row =
        STR("| `--providers.etcd.endpoints` | list | `127.0.0.1:2379` | used | host:port, or URLs |\n");
    ck_assert_uint_ne(str_search(buf_str(&markdown), row), SIZE_MAX);
    ck_assert_uint_eq(str_search(buf_str(&text), STR("pilot")), SIZE_MAX);
    buf_fini(&text);
    buf_fini(&markdown);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { without_anything_the_defaults_are_traefiks, 0 },
        { every_case_reads_as_it_says, 0 },
        { addresses_have_host_port_and_protocol, ROWS(addresses) },
        { the_configuration_file_is_found_among_the_flags, 0 },
        { an_instance_is_named_by_what_it_serves, 0 },
        { secrets_are_never_shown, 0 },
        { what_findings_show_is_bounded, 0 },
        { every_setting_of_traefik_is_known, 0 },
        { no_flag_of_traefik_is_unknown, 0 },
        { all_settings_are_printed, 0 },
        { NULL, 0 },
    };
    return run_suite("settings", rows);
}
