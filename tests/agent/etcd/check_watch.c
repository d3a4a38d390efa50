/* The watch against a real etcd: what is written arrives, whole and once, whatever happens to the server. */
#include "etcd/watch.h"

#include "mirror.h"
#include "server.h"
#include "suite.h"

static struct server server;
static struct mirror mirror;
static struct etcd_watch *watch;

static struct etcd_watch *start_watch(const char *const *endpoints, size_t n, const char *user, const char *password)
{
    struct str list[4];
    char error[256];
    for (size_t i = 0; i < n; i++)
        list[i] = str_c(endpoints[i]);
    struct etcd_settings settings = { .endpoints = list,
                                      .n_endpoints = n,
                                      .root = STR("traefik"),
                                      .username = str_c(user),
                                      .password = str_c(password) };
    struct etcd_callbacks callbacks = mirror_callbacks(&mirror);
    struct etcd_watch *w = etcd_watch_start(&settings, &callbacks, NULL, error);
    ck_assert_msg(w != NULL, "%s", error);
    return w;
}

static void setup(void)
{
    server_start(&server, NULL);
    mirror_init(&mirror);
    watch = NULL;
}

static void watch_server(void)
{
    const char *endpoint = server.endpoint;
    watch = start_watch(&endpoint, 1, NULL, NULL);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
}

static void teardown(void)
{
    etcd_watch_stop(watch);
    server_stop(&server);
    mirror_fini(&mirror);
}

START_TEST(what_is_there_comes_first_then_what_changes)
{
    setup();
    server_put(&server, "traefik/b", "2");
    server_put(&server, "traefik/a", "1");
    server_put(&server, "traefik", "not below the root");
    server_put(&server, "traefik0", "nor this");
    watch_server();
    mirror_wait(&mirror, mirror.full == 1 && mirror_count(&mirror) == 2);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "1") && mirror_has(&mirror, "traefik/b", "2"));
    server_put(&server, "traefik/c", "");
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/c", ""));
    server_put(&server, "traefik/a", "one");
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "one"));
    server_put(&server, "traefik", "still not");
    server_delete(&server, "traefik/b");
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/b", NULL) && mirror_count(&mirror) == 2);
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    ck_assert(status.revision == mirror.revision && status.lists == 1 && status.watches == 1);
    ck_assert(status.reconnects == 0 && status.error[0] == '\0' && strstr(status.endpoint, server.endpoint));
    ck_assert_int_eq(mirror.full, 1);
    teardown();
}
END_TEST

START_TEST(an_empty_tree_is_a_full_batch_of_nothing)
{
    setup();
    watch_server();
    mirror_wait(&mirror, mirror.full == 1 && mirror.last_pairs == 0 && mirror.revision == 1);
    server_put(&server, "traefik/a", "1");
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "1"));
    teardown();
}
END_TEST

START_TEST(a_transaction_is_one_batch)
{
    setup();
    server_put(&server, "traefik/old", "x");
    watch_server();
    mirror_wait(&mirror, mirror.full == 1);
    struct buf ops = { 0 };
    for (int i = 0; i < 100; i++) {
        char key[32];
        snprintf(key, sizeof key, "traefik/%d", i);
        put_op(&ops, key, "v");
        buf_putc(&ops, ',');
    }
    delete_op(&ops, "traefik/old");
    server_txn(&server, &ops, NULL);
    buf_fini(&ops);
    mirror_wait(&mirror, mirror.partial == 1);
    ck_assert_uint_eq(mirror.last_events, 101);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/old", NULL) && mirror_count(&mirror) == 100);
    teardown();
}
END_TEST

enum { MANY = 12800, MORE_THAN_A_PAGE = 5120, PER_TXN = 128 };

static void fill(struct server *s, int keys, const char *value)
{
    for (int i = 0; i < keys; i += PER_TXN) {
        struct buf ops = { 0 };
        for (int j = i; j < i + PER_TXN; j++) {
            char key[64];
            snprintf(key, sizeof key, "traefik/http/routers/r%d/rule", j);
            if (ops.n)
                buf_putc(&ops, ',');
            put_op(&ops, key, value);
        }
        server_txn(s, &ops, NULL);
        buf_fini(&ops);
    }
}

START_TEST(many_keys_come_in_pages_as_one_batch)
{
    setup();
    fill(&server, MANY, "Host(`a`)");
    watch_server();
    mirror_wait(&mirror, mirror.full == 1 && mirror_count(&mirror) == MANY);
    ck_assert_uint_eq(mirror.last_pairs, MANY);
    /* One message of that many events. */
    ck_assert_int_eq(server_post(&server, "/v3/kv/deleterange", "{\"key\":\"dHJhZWZpay8=\",\"range_end\":\"dHJhZWZpazA=\"}",
                                 NULL, NULL), 200);
    mirror_wait(&mirror, mirror_count(&mirror) == 0);
    ck_assert_int_eq(mirror.partial, 1);
    teardown();
}
END_TEST

static void change_a_lot(struct server *s)
{
    for (int i = 0; i < 50; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        server_put(s, "traefik/a", value);
    }
    server_delete(s, "traefik/b");
}

START_TEST(what_changed_during_an_outage_arrives)
{
    setup();
    server_put(&server, "traefik/b", "2");
    watch_server();
    mirror_wait(&mirror, mirror.full == 1);
    server_kill(&server);
    mirror_wait(&mirror, watch_state(watch) != ETCD_WATCHING);
    server_change_unseen(&server, change_a_lot);
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "49") && mirror_has(&mirror, "traefik/b", NULL));
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    ck_assert(status.watches == 2 && status.reconnects > 0 && status.error[0] == '\0');
    teardown();
}
END_TEST

/* It goes on where it was, and is read anew a little later, to be sure. */
START_TEST(a_large_tree_is_not_read_first_after_an_outage)
{
    setup();
    fill(&server, MORE_THAN_A_PAGE, "x");
    server_put(&server, "traefik/b", "2");
    watch_server();
    mirror_wait(&mirror, mirror.full == 1);
    server_kill(&server);
    server_change_unseen(&server, change_a_lot);
    mirror_wait(&mirror, mirror.partial >= 1 && mirror_has(&mirror, "traefik/a", "49") && mirror_has(&mirror, "traefik/b", NULL));
    mirror_wait(&mirror, mirror.full == 2);
    ck_assert_uint_eq(mirror.last_pairs, MORE_THAN_A_PAGE + 1);
    teardown();
}
END_TEST

static void change_and_compact(struct server *s)
{
    change_a_lot(s);
    struct buf answer = { 0 };
    server_post(s, "/v3/kv/range", "{\"key\":\"YQ==\"}", NULL, &answer);
    const char *revision = strstr(answer.p, "\"revision\":\"");
    ck_assert(revision != NULL);
    char body[64];
    snprintf(body, sizeof body, "{\"revision\":\"%ld\"}", strtol(revision + strlen("\"revision\":\""), NULL, 10));
    ck_assert_int_eq(server_post(s, "/v3/kv/compaction", body, NULL, NULL), 200);
    buf_fini(&answer);
}

START_TEST(what_was_compacted_during_an_outage_is_listed_anew)
{
    setup();
    fill(&server, MORE_THAN_A_PAGE, "x");
    server_put(&server, "traefik/b", "2");
    watch_server();
    mirror_wait(&mirror, mirror.full == 1);
    server_kill(&server);
    server_change_unseen(&server, change_and_compact);
    mirror_wait(&mirror, mirror.full == 2 && mirror_has(&mirror, "traefik/a", "49") && mirror_has(&mirror, "traefik/b", NULL));
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
    server_put(&server, "traefik/c", "3");
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/c", "3"));
    teardown();
}
END_TEST

START_TEST(a_store_that_was_wiped_is_listed_anew)
{
    setup();
    fill(&server, MORE_THAN_A_PAGE, "x");
    change_a_lot(&server);
    watch_server();
    mirror_wait(&mirror, mirror.full == 1);
    server_kill(&server);
    server_wipe(&server);
    server_run(&server);
    mirror_wait(&mirror, mirror.full == 2 && mirror_count(&mirror) == 0 && mirror.revision == 1);
    server_put(&server, "traefik/new", "1");
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/new", "1"));
    teardown();
}
END_TEST

static void fill_anew(struct server *s)
{
    fill(s, MORE_THAN_A_PAGE, "y");
    change_a_lot(s);
}

/* Wiped, and filled again beyond the revision that we know, with as many keys: neither the cluster's id nor the
 * revision nor the count tells. */
START_TEST(a_store_that_was_wiped_and_filled_again_is_listed_anew)
{
    bool large = _i == 1;
    setup();
    if (large)
        fill(&server, MORE_THAN_A_PAGE, "x");
    server_put(&server, "traefik/b", "2");
    watch_server();
    mirror_wait(&mirror, mirror.full == 1);
    server_kill(&server);
    server_wipe(&server);
    server_change_unseen(&server, large ? fill_anew : change_a_lot);
    mirror_wait(&mirror, mirror.full == 2 && mirror_has(&mirror, "traefik/b", NULL) && mirror_has(&mirror, "traefik/a", "49"));
    if (large)
        mirror_wait(&mirror, mirror_has(&mirror, "traefik/http/routers/r0/rule", "y"));
    teardown();
}
END_TEST

START_TEST(a_server_that_accepts_and_says_nothing_is_left)
{
    setup();
    watch_server();
    mirror_wait(&mirror, mirror.full == 1);
    kill(server.pid, SIGSTOP);
    mirror_wait(&mirror, watch_state(watch) != ETCD_WATCHING);
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    ck_assert_msg(strstr(status.error, "does not answer"), "%s", status.error);
    kill(server.pid, SIGCONT);
    server_put(&server, "traefik/a", "1");
    mirror_wait(&mirror, mirror_has(&mirror, "traefik/a", "1"));
    teardown();
}
END_TEST

START_TEST(the_second_endpoint_is_used_when_the_first_is_dead)
{
    setup();
    server_put(&server, "traefik/a", "1");
    char dead[32];
    snprintf(dead, sizeof dead, "127.0.0.1:%d", free_port());
    const char *endpoints[] = { dead, server.endpoint };
    watch = start_watch(endpoints, 2, NULL, NULL);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING && mirror_has(&mirror, "traefik/a", "1"));
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    ck_assert(strstr(status.endpoint, server.endpoint) && status.error[0] == '\0' && status.reconnects == 1);
    teardown();
}
END_TEST

START_TEST(a_watch_waits_for_an_etcd_that_comes_later)
{
    setup();
    server_kill(&server);
    const char *endpoint = server.endpoint;
    watch = start_watch(&endpoint, 1, NULL, NULL);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WAITING);
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    ck_assert_msg(strstr(status.error, server.endpoint) && strstr(status.error, "--providers.etcd.endpoints"), "%s",
                  status.error);
    server_run(&server);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING && mirror.full == 1);
    etcd_watch_status(watch, &status);
    ck_assert_str_eq(status.error, "");
    teardown();
}
END_TEST

/* --- authentication --- */

static char root_token[128];

static void authenticate_root(void)
{
    struct buf answer = { 0 };
    ck_assert_int_eq(server_post(&server, "/v3/auth/authenticate", "{\"name\":\"root\",\"password\":\"r\"}", NULL, &answer), 200);
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
        { "/v3/auth/role/grant", "{\"name\":\"reading\",\"perm\":{\"permType\":\"READ\",\"key\":\"dHJhZWZpay8=\","
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
    ck_assert_msg(strstr(status.error, "'reader'") && strstr(status.error, "--providers.etcd.password"), "%s", status.error);
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
    int failed = run_suite("etcd watch", (const struct test_row[]){
                                             { what_is_there_comes_first_then_what_changes, 0 },
                                             { an_empty_tree_is_a_full_batch_of_nothing, 0 },
                                             { a_transaction_is_one_batch, 0 },
                                             { many_keys_come_in_pages_as_one_batch, 0 },
                                             { what_changed_during_an_outage_arrives, 0 },
                                             { a_large_tree_is_not_read_first_after_an_outage, 0 },
                                             { what_was_compacted_during_an_outage_is_listed_anew, 0 },
                                             { a_store_that_was_wiped_is_listed_anew, 0 },
                                             { a_store_that_was_wiped_and_filled_again_is_listed_anew, 2 },
                                             { the_second_endpoint_is_used_when_the_first_is_dead, 0 },
                                             { a_watch_waits_for_an_etcd_that_comes_later, 0 },
                                             { a_user_reads_and_outlives_his_tokens, 0 },
                                             { a_changed_password_is_said_and_a_token_that_died_is_replaced, 0 },
                                             { who_may_not_read_is_told_why, 0 },
                                             { authentication_that_is_switched_off_is_no_obstacle, 0 },
                                             { a_server_that_accepts_and_says_nothing_is_left, 0 },
                                             { 0 },
                                         });
    curl_global_cleanup();
    return failed;
}
