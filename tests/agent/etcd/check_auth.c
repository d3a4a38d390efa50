/* Users, passwords and tokens, against a real etcd. */
#include "etcd/watch.h"

#include "live.h"

static char root_token[128];

static void authenticate_root(void)
{
    struct buf answer = { 0 };
    ck_assert_int_eq(server_post(&server, "/v3/auth/authenticate", "{\"name\":\"root\",\"password\":\"r\"}",
                                 NULL, &answer),
                     200);
    const char *token = strstr(answer.p, "\"token\":\"");
    ck_assert(token != NULL);
    snprintf(root_token, sizeof root_token, "%.*s", (int)strcspn(token + 9, "\""), token + 9);
    buf_fini(&answer);
}

static void post_all(const char *const (*rows)[2], const char *token)
{
    for (; (*rows)[0]; rows++)
        ck_assert_int_eq(server_post(&server, (*rows)[0], (*rows)[1], token, NULL), 200);
}

/* root may do all; reader reads below traefik/; stranger may nothing. */
static void enable_auth(void)
{
    static const char *const rows[][2] = {
        { "/v3/auth/user/add", "{\"name\":\"root\",\"password\":\"r\"}" },
        { "/v3/auth/role/add", "{\"name\":\"root\"}" },
        { "/v3/auth/user/grant", "{\"user\":\"root\",\"role\":\"root\"}" },
        { "/v3/auth/user/add", "{\"name\":\"reader\",\"password\":\"sesame\"}" },
        { "/v3/auth/role/add", "{\"name\":\"reading\"}" },
        { "/v3/auth/role/grant",
          "{\"name\":\"reading\",\"perm\":{\"permType\":\"READ\",\"key\":\"dHJhZWZpay8=\","
          "\"range_end\":\"dHJhZWZpazA=\"}}" },
        { "/v3/auth/user/grant", "{\"user\":\"reader\",\"role\":\"reading\"}" },
        { "/v3/auth/user/add", "{\"name\":\"stranger\",\"password\":\"sesame\"}" },
        { "/v3/auth/enable", "{}" },
        { NULL, NULL },
    };
    post_all(rows, NULL);
    authenticate_root();
}

static void change_password(const char *password)
{
    char body[128];
    snprintf(body, sizeof body, "{\"name\":\"reader\",\"password\":\"%s\"}", password);
    ck_assert_int_eq(server_post(&server, "/v3/auth/user/changepw", body, root_token, NULL), 200);
}

START_TEST(a_user_reads_and_outlives_his_tokens)
{
    setup();
    server_put(&server, "traefik/a", "1");
    enable_auth();
    const char *endpoint = server.endpoint;
    watch = start_watch(&endpoint, 1, "reader", "sesame");
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING && mirror_has(&mirror, "traefik/a", "1"));
    server_put_as(&server, "traefik/a", "2", root_token);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "2"));
    change_password("sesame"); /* the same, but the tokens of before are gone */
    server_put_as(&server, "traefik/a", "3", root_token);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "3"));
    server_kill(&server); /* tokens live in memory */
    server_run(&server);
    authenticate_root();
    server_put_as(&server, "traefik/a", "4", root_token);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "4"));
    teardown();
}
END_TEST

START_TEST(a_changed_password_is_said_and_a_token_that_died_is_replaced)
{
    setup();
    server_put(&server, "traefik/a", "1");
    enable_auth();
    const char *endpoint = server.endpoint;
    watch = start_watch(&endpoint, 1, "reader", "sesame");
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
    change_password("other");
    server_kill(&server);
    server_run(&server);
    authenticate_root();
    mirror_wait(&mirror, watch_state(watch) == ETCD_FAILED_AUTH);
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    ck_assert_msg(strstr(status.error, "'reader'") && strstr(status.error, "--providers.etcd.password"), "%s",
                  status.error);
    ck_assert_msg(!strstr(status.error, "sesame"), "%s", status.error);
    change_password("sesame");
    server_put_as(&server, "traefik/a", "2", root_token);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING && mirror_has(&mirror, "traefik/a", "2"));
    teardown();
}
END_TEST

static const struct {
    const char *user, *password, *say;
} refused[] = {
    { "reader", "wrong-password", "--providers.etcd.password" },
    { "nobody", "sesame", "'nobody'" },
    { "", "", "--providers.etcd.username" },
    { "stranger", "sesame", "grant-permission" },
};

START_TEST(who_may_not_read_is_told_why)
{
    setup();
    enable_auth();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *endpoint = server.endpoint;
        watch = start_watch(&endpoint, 1, refused[i].user, refused[i].password);
        mirror_wait(&mirror, watch_state(watch) == ETCD_FAILED_AUTH);
        struct etcd_status status;
        etcd_watch_status(watch, &status);
        ck_assert_msg(strstr(status.error, refused[i].say), "%s", status.error);
        ck_assert(strstr(status.error, server.endpoint) && !strstr(status.error, "wrong-password"));
        etcd_watch_stop(watch);
        watch = NULL;
    }
    ck_assert_int_eq(mirror.full, 0);
    teardown();
}
END_TEST

/* 3.4 refuses a token then, 3.5 does not mind it. */
START_TEST(authentication_that_is_switched_off_is_no_obstacle)
{
    setup();
    enable_auth();
    const char *endpoint = server.endpoint;
    watch = start_watch(&endpoint, 1, "reader", "sesame");
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
    ck_assert_int_eq(server_post(&server, "/v3/auth/disable", "{}", root_token, NULL), 200);
    server_kill(&server);
    server_run(&server);
    server_put(&server, "traefik/a", "1");
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "1"));
    teardown();
}
END_TEST

int main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed =
        run_suite("etcd auth", (const struct test_row[]){
                                   { a_user_reads_and_outlives_his_tokens, 0 },
                                   { a_changed_password_is_said_and_a_token_that_died_is_replaced, 0 },
                                   { who_may_not_read_is_told_why, 0 },
                                   { authentication_that_is_switched_off_is_no_obstacle, 0 },
                                   { 0 },
                               });
    curl_global_cleanup();
    return failed;
}
