/* The watch against a real etcd: what is written arrives, whole and once, whatever happens to the server. */
#include "etcd/watch.h"

#include "live.h"

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
    ck_assert_int_eq(server_post(&server, "/v3/kv/deleterange",
                                 "{\"key\":\"dHJhZWZpay8=\",\"range_end\":\"dHJhZWZpazA=\"}", NULL, NULL),
                     200);
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
    mirror_wait(&mirror, mirror.partial >= 1 && mirror_has(&mirror, "traefik/a", "49") &&
                             mirror_has(&mirror, "traefik/b", NULL));
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
    snprintf(body, sizeof body, "{\"revision\":\"%ld\"}",
             strtol(revision + strlen("\"revision\":\""), NULL, 10));
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
    mirror_wait(&mirror, mirror.full == 2 && mirror_has(&mirror, "traefik/a", "49") &&
                             mirror_has(&mirror, "traefik/b", NULL));
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

/* Wiped, and filled again beyond the revision that we know, with as many keys: neither the cluster's id nor
 * the revision nor the count tells. */
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
    mirror_wait(&mirror, mirror.full == 2 && mirror_has(&mirror, "traefik/b", NULL) &&
                             mirror_has(&mirror, "traefik/a", "49"));
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
    ck_assert_msg(strstr(status.error, server.endpoint) && strstr(status.error, "--providers.etcd.endpoints"),
                  "%s", status.error);
    server_run(&server);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING && mirror.full == 1);
    etcd_watch_status(watch, &status);
    ck_assert_str_eq(status.error, "");
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
                                             { a_server_that_accepts_and_says_nothing_is_left, 0 },
                                             { 0 },
                                         });
    curl_global_cleanup();
    return failed;
}
