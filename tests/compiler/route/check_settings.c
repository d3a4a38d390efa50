#include "settings_case.h"

#include <stdio.h>

#include "cases.h"

START_TEST(every_case_reads_as_it_says)
{
    ck_assert_int_ge(each_case(TESTDATA "/route/settings", check_case), 12);
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
