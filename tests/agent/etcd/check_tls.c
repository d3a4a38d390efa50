/* The watch over TLS, against a real etcd that asks for client certificates. */
#include "etcd/watch.h"

#include "base/file.h"
#include "mirror.h"
#include "server.h"
#include "suite.h"

#define TLS_FILE(name)                                                                                       \
    {                                                                                                        \
        TESTDATA "/etcd/tls/" name, sizeof TESTDATA "/etcd/tls/" name - 1                                    \
    }

static struct server server;
static struct mirror mirror;

static struct etcd_watch *start_watch(struct etcd_settings settings)
{
    char error[256];
    struct str endpoint = str_c(server.endpoint);
    struct etcd_callbacks callbacks = mirror_callbacks(&mirror);
    settings.endpoints = &endpoint;
    settings.n_endpoints = 1;
    settings.root = STR("traefik");
    struct etcd_watch *watch = etcd_watch_start(&settings, &callbacks, NULL, error);
    ck_assert_msg(watch != NULL, "%s", error);
    return watch;
}

static const struct {
    struct etcd_settings settings;
    bool pem;         /* the same material as text instead of paths */
    const char *says; /* NULL: works; else what the status says */
} ways[] = {
    { { .tls = true,
        .ca = TLS_FILE("ca.pem"),
        .cert = TLS_FILE("client.pem"),
        .key = TLS_FILE("client-key.pem") },
      false,
      NULL },
    { { .tls = true,
        .ca = TLS_FILE("ca.pem"),
        .cert = TLS_FILE("client.pem"),
        .key = TLS_FILE("client-key.pem") },
      true,
      NULL },
    { { .tls = true,
        .ca = TLS_FILE("ca.pem"),
        .cert = TLS_FILE("client-cn.pem"),
        .key = TLS_FILE("client-cn-key.pem") },
      false,
      NULL },
    { { .tls = true,
        .insecure_skip_verify = true,
        .cert = TLS_FILE("client.pem"),
        .key = TLS_FILE("client-key.pem") },
      false,
      NULL },
    { { .tls = true,
        .ca = TLS_FILE("other-ca.pem"),
        .cert = TLS_FILE("client.pem"),
        .key = TLS_FILE("client-key.pem") },
      false,
      "--providers.etcd.tls.ca" },
    { { .tls = true,
        .ca = TLS_FILE("other-ca.pem"),
        .cert = TLS_FILE("client.pem"),
        .key = TLS_FILE("client-key.pem") },
      true,
      "--providers.etcd.tls.ca" },
    { { .tls = true, .cert = TLS_FILE("client.pem"), .key = TLS_FILE("client-key.pem") },
      false,
      "--providers.etcd.tls.ca" },
    { { .tls = true, .ca = TLS_FILE("ca.pem") }, false, "--providers.etcd.tls.ca, .cert and .key" },
    { { .tls = false }, false, "https://" },
};

static struct str as_text(struct arena *arena, struct str path)
{
    struct buf text = { 0 };
    if (path.n == 0)
        return path;
    ck_assert(file_read(path.p, 0, &text));
    struct str copy = arena_copy(arena, buf_str(&text));
    buf_fini(&text);
    return copy;
}

static bool says(struct etcd_watch *watch, const char *text)
{
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    return strstr(status.error, text) != NULL;
}

START_TEST(material_by_path_or_as_text_works_or_is_told)
{
    server_start(&server, "tls");
    server_put(&server, "traefik/a", "1");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct arena *arena = arena_create();
        struct etcd_settings settings = ways[i].settings;
        mirror_init(&mirror);
        if (ways[i].pem) {
            settings.ca = as_text(arena, settings.ca);
            settings.cert = as_text(arena, settings.cert);
            settings.key = as_text(arena, settings.key);
        }
        struct etcd_watch *watch = start_watch(settings);
        arena_destroy(arena); /* the watch has its own copy */
        if (ways[i].says) {
            mirror_wait(&mirror, says(watch, ways[i].says));
            ck_assert_int_eq(mirror.full, 0);
        } else {
            mirror_wait(&mirror,
                        watch_state(watch) == ETCD_WATCHING && mirror_has(&mirror, "traefik/a", "1"));
            server_put(&server, "traefik/b", "2");
            mirror_wait(&mirror, mirror_has(&mirror, "traefik/b", "2"));
            server_delete(&server, "traefik/b");
        }
        etcd_watch_stop(watch);
        mirror_fini(&mirror);
    }
    server_stop(&server);
}
END_TEST

START_TEST(a_certificate_with_a_common_name_cannot_log_in)
{
    static const char *const rows[][2] = {
        { "/v3/auth/user/add", "{\"name\":\"root\",\"password\":\"r\"}" },
        { "/v3/auth/role/add", "{\"name\":\"root\"}" },
        { "/v3/auth/user/grant", "{\"user\":\"root\",\"role\":\"root\"}" },
        { "/v3/auth/enable", "{}" },
    };
    server_start(&server, "tls");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_int_eq(server_post(&server, rows[i][0], rows[i][1], NULL, NULL), 200);
    struct etcd_settings settings = ways[2].settings;
    settings.username = STR("root");
    settings.password = STR("r");
    mirror_init(&mirror);
    struct etcd_watch *watch = start_watch(settings);
    mirror_wait(&mirror, watch_state(watch) == ETCD_FAILED_AUTH);
    ck_assert(says(watch, "CommonName") && says(watch, "--providers.etcd.tls.cert"));
    etcd_watch_stop(watch);

    settings.cert = ways[0].settings.cert; /* the same without: works */
    settings.key = ways[0].settings.key;
    watch = start_watch(settings);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
    etcd_watch_stop(watch);
    mirror_fini(&mirror);
    server_stop(&server);
}
END_TEST

int main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = run_suite("etcd tls", (const struct test_row[]){
                                           { material_by_path_or_as_text_works_or_is_told, 0 },
                                           { a_certificate_with_a_common_name_cannot_log_in, 0 },
                                           { 0 },
                                       });
    curl_global_cleanup();
    return failed;
}
