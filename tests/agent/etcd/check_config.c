/* Settings checked, pauses drawn, faults put into words. */
#include "etcd/config.h"

#include "etcd/backoff.h"
#include "etcd/fault.h"
#include "etcd/limits.h"
#include "suite.h"

static char error[256];

static bool read_one(struct arena *arena, const char *endpoint, bool tls, struct etcd_config *out)
{
    struct str endpoints[1] = { str_c(endpoint) };
    struct etcd_settings settings = {
        .endpoints = endpoints, .n_endpoints = 1, .root = STR("traefik"), .tls = tls
    };
    return etcd_config_read(arena, &settings, out, error);
}

static const struct {
    const char *text;
    bool tls;
    const char *url; /* NULL: refused */
} endpoints[] = {
    { "127.0.0.1:2379", false, "http://127.0.0.1:2379" },
    { "127.0.0.1:2379", true, "https://127.0.0.1:2379" },
    { "http://etcd:2379", true, "http://etcd:2379" },
    { "https://etcd:2379/", false, "https://etcd:2379" },
    { " etcd-0.etcd_x.svc ", false, "http://etcd-0.etcd_x.svc:2379" },
    { "[::1]:2379", false, "http://[::1]:2379" },
    { "[::1]", false, "http://[::1]:2379" },
    { "", false, NULL },
    { "http://", false, NULL },
    { "ftp://etcd:2379", false, NULL },
    { "etcd:", false, NULL },
    { "etcd:0", false, NULL },
    { "etcd:65536", false, NULL },
    { "etcd:+1", false, NULL },
    { "etcd:2379/v3", false, NULL },
    { "etcd:2379?x", false, NULL },
    { "::1", false, NULL },
    { "[::1", false, NULL },
    { "a b:2379", false, NULL },
    { "a\r\nX: y:2379", false, NULL },
    { "user:secret@etcd:2379", false, NULL },
};

START_TEST(an_endpoint_is_completed_or_refused)
{
    struct arena *arena = arena_create();
    struct etcd_config config;
    bool good = read_one(arena, endpoints[_i].text, endpoints[_i].tls, &config);
    ck_assert_msg(good == (endpoints[_i].url != NULL), "%s", endpoints[_i].text);
    if (good)
        ck_assert_str_eq(config.endpoints[0].p, endpoints[_i].url);
    else
        ck_assert(strstr(error, "--providers.etcd.endpoints") && !strstr(error, "secret"));
    arena_destroy(arena);
}
END_TEST

START_TEST(the_settings_are_copied)
{
    struct arena *arena = arena_create();
    char root[] = "traefik", name[] = "u", url[] = "h:1";
    struct str one[1] = { str_c(url) };
    struct etcd_settings settings = {
        .endpoints = one, .n_endpoints = 1, .root = str_c(root), .username = str_c(name)
    };
    struct etcd_config config;
    ck_assert(etcd_config_read(arena, &settings, &config, error));
    root[0] = name[0] = url[0] = 'X';
    one[0] = (struct str){ 0 };
    ck_assert(str_eq(config.prefix, STR("traefik/")) && str_eq(config.prefix_end, STR("traefik0")));
    ck_assert(str_eq(config.username, STR("u")) && str_eq(config.endpoints[0], STR("http://h:1")));
    arena_destroy(arena);
}
END_TEST

static const struct {
    struct etcd_settings settings; /* endpoints and root are filled in where `whole` */
    bool whole;
    const char *flag; /* NULL: fine */
} bad_settings[] = {
    { { .root = { "traefik", 7 } }, false, ".endpoints is empty" },
    { { .root = { "", 0 } }, true, ".rootkey is empty" },
    { { .root = { "t", 1 }, .cert = { "x", 1 } }, true, ".key is missing" },
    { { .root = { "t", 1 }, .key = { "x", 1 } }, true, ".cert is missing" },
    { { .root = { "t", 1 }, .ca = { "/nowhere/ca.pem", 15 } }, true, "tls.ca" },
    { { .root = { "t", 1 }, .ca = { "-----BEGIN CERTIFICATE-----\n", 28 } }, true, NULL },
    { { .root = { "t", 1 }, .ca = { TESTDATA "/etcd/tls/ca.pem", sizeof TESTDATA "/etcd/tls/ca.pem" - 1 } },
      true,
      NULL },
};

START_TEST(settings_of_no_use_are_refused_with_their_flag)
{
    struct arena *arena = arena_create();
    struct str one[1] = { STR("h:1") };
    struct etcd_settings settings = bad_settings[_i].settings;
    struct etcd_config config;
    settings.endpoints = one;
    settings.n_endpoints = bad_settings[_i].whole ? 1 : 0;
    bool good = etcd_config_read(arena, &settings, &config, error);
    ck_assert_int_eq(good, bad_settings[_i].flag == NULL);
    if (!good)
        ck_assert_msg(strstr(error, "--providers.etcd") && strstr(error, bad_settings[_i].flag), "%s", error);
    arena_destroy(arena);
}
END_TEST

START_TEST(pauses_grow_to_their_bound_and_never_beyond)
{
    struct etcd_backoff backoff = { 0 };
    int64_t bound = ETCD_BACKOFF_FIRST_MS * ETCD_MS, most = ETCD_BACKOFF_MOST_MS * ETCD_MS, longest = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t pause = etcd_backoff_next(&backoff);
        ck_assert(pause >= 0 && pause < bound);
        bound = bound * 2 < most ? bound * 2 : most;
        longest = pause > longest ? pause : longest;
    }
    ck_assert(longest > most / 2); /* 990 draws: it would take 2^-990 */
    backoff.attempts = 0;
    ck_assert(etcd_backoff_next(&backoff) < ETCD_BACKOFF_FIRST_MS * ETCD_MS);
}
END_TEST

START_TEST(every_fault_has_its_words)
{
    struct etcd_place place = { STR("http://e:1"), STR("joe"), STR("traefik/") };
    for (int kind = ETCD_FAULT_CONNECT; kind < ETCD_FAULT_KINDS; kind++) {
        char text[512];
        struct etcd_fault fault = etcd_fault_make((enum etcd_fault_kind)kind, STR("THE TEXT"));
        etcd_fault_describe(&fault, &place, text, sizeof text);
        ck_assert_msg(strstr(text, "http://e:1") != NULL, "kind %d: %s", kind, text);
        ck_assert_msg(!strchr(text, '$'), "kind %d: %s", kind, text);
    }
}
END_TEST

START_TEST(a_refused_user_is_told_what_to_do)
{
    struct etcd_place place = { STR("http://e:1"), STR("joe"), STR("traefik/") };
    char text[256];
    struct etcd_fault fault = { .kind = ETCD_FAULT_PERMISSION };
    etcd_fault_describe(&fault, &place, text, sizeof text);
    ck_assert_str_eq(
        text, "etcd user 'joe' may not read 'traefik/' at http://e:1: etcdctl role grant-permission ROLE "
              "--prefix=true read traefik/");
    fault.kind = ETCD_FAULT_PASSWORD;
    etcd_fault_describe(&fault, &place, text, sizeof text);
    ck_assert(strstr(text, "joe") && strstr(text, "--providers.etcd.password"));
    char little[8];
    etcd_fault_describe(&fault, &place, little, sizeof little);
    ck_assert_str_eq(little, "etcd at");
}
END_TEST

int main(void)
{
    return run_suite("etcd config",
                     (const struct test_row[]){
                         { an_endpoint_is_completed_or_refused, ROWS(endpoints) },
                         { the_settings_are_copied, 0 },
                         { settings_of_no_use_are_refused_with_their_flag, ROWS(bad_settings) },
                         { pauses_grow_to_their_bound_and_never_beyond, 0 },
                         { every_fault_has_its_words, 0 },
                         { a_refused_user_is_told_what_to_do, 0 },
                         { 0 },
                     });
}
