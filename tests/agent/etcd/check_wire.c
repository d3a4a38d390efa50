/* Requests as they go out, and answers of both families (3.4, 3.5) as etcd was recorded to give them. */
#include "etcd/wire.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "suite.h"

static struct arena *arena;
static struct buf out;

static void setup(void)
{
    arena = arena_create();
    out = (struct buf){ 0 };
}

static void teardown(void)
{
    arena_destroy(arena);
    buf_fini(&out);
}

/* The recorded bytes of one of the two versions. */
static struct str recorded(int version, const char *name)
{
    char path[512];
    struct buf text = { 0 };
    snprintf(path, sizeof path, TESTDATA "/etcd/%s/%s", version ? "3.5" : "3.4", name);
    ck_assert_msg(file_read(path, 0, &text), "%s", path);
    struct str s = arena_copy(arena, buf_str(&text));
    buf_fini(&text);
    return s;
}

enum { VERSIONS = 2 };

START_TEST(a_prefix_ends_at_its_successor)
{
    setup();
    ck_assert(str_eq(etcd_prefix_end(arena, STR("traefik/")), STR("traefik0")));
    ck_assert(str_eq(etcd_prefix_end(arena, STR("a\xff\xff")), STR("b")));
    ck_assert(str_eq(etcd_prefix_end(arena, STR("\xff")), STR("\0")));
    ck_assert(str_eq(etcd_prefix_end(arena, STR("")), STR("\0")));
    teardown();
}
END_TEST

START_TEST(requests_are_what_the_gateway_takes)
{
    setup();
    etcd_put_range_request(&out,
                           &(struct etcd_range_request){ .key = STR("traefik/"), .end = STR("traefik0") });
    ck_assert_str_eq(out.p, "{\"key\":\"dHJhZWZpay8=\",\"range_end\":\"dHJhZWZpazA=\"}");
    buf_reset(&out);
    etcd_put_range_request(&out, &(struct etcd_range_request){ .key = STR("a\0"),
                                                               .end = STR("b"),
                                                               .limit = 5000,
                                                               .revision = 9007199254740993,
                                                               .count_only = true,
                                                               .serializable = true });
    ck_assert_str_eq(out.p, "{\"key\":\"YQA=\",\"range_end\":\"Yg==\",\"limit\":\"5000\","
                            "\"revision\":\"9007199254740993\",\"count_only\":true,\"serializable\":true}");
    buf_reset(&out);
    etcd_put_watch_request(&out, STR("a"), STR("b"), 8);
    ck_assert_str_eq(out.p,
                     "{\"create_request\":{\"key\":\"YQ==\",\"range_end\":\"Yg==\",\"start_revision\":\"8\","
                     "\"progress_notify\":true}}");
    buf_reset(&out);
    etcd_put_authenticate_request(&out, STR("o\"r"), STR("p\\w\n"));
    ck_assert_str_eq(out.p, "{\"name\":\"o\\\"r\",\"password\":\"p\\\\w\\n\"}");
    teardown();
}
END_TEST

START_TEST(a_range_answer_is_read)
{
    setup();
    struct etcd_range range = { 0 };
    ck_assert(etcd_read_range(arena, recorded(_i, "range.json"), &range));
    ck_assert(range.header.cluster_id == (_i ? 7801232528081817440u : 10144879847569953045u));
    ck_assert_int_eq(range.header.revision, 5);
    ck_assert_int_eq(range.count, 3);
    ck_assert(!range.more);
    ck_assert_uint_eq(range.pairs.n, 3);
    ck_assert(str_eq(range.pairs.p[0].key, STR("traefik/bytes")));
    ck_assert(str_eq(range.pairs.p[0].value, STR("\xff\xfe\0")));
    ck_assert(str_eq(range.pairs.p[2].key, STR("traefik/http/services/s/empty")));
    ck_assert(range.pairs.p[2].value.p && range.pairs.p[2].value.n == 0);
    etcd_range_fini(&range);
    teardown();
}
END_TEST

START_TEST(pages_are_appended)
{
    setup();
    struct etcd_range range = { 0 };
    ck_assert(etcd_read_range(arena, recorded(_i, "range-page.json"), &range) && range.more);
    ck_assert(etcd_read_range(arena, recorded(_i, "range.json"), &range) && !range.more);
    ck_assert_uint_eq(range.pairs.n, 5);
    ck_assert(etcd_read_range(arena, recorded(_i, "range-count.json"), &range));
    ck_assert(range.pairs.n == 5 && range.count == 3);
    ck_assert(etcd_read_range(arena, recorded(_i, "range-empty.json"), &range));
    ck_assert(range.pairs.n == 5 && range.count == 0);
    etcd_range_fini(&range);
    teardown();
}
END_TEST

static const char *const bad_ranges[] = {
    "",
    "null",
    "[]",
    "{}", /* without a header nobody knows at which revision */
    "{\"header\":{}}",
    "{\"header\":{\"revision\":\"x\"}}",
    "{\"header\":{\"revision\":\"5\"},\"kvs\":{}}",
    "{\"header\":{\"revision\":\"5\"},\"kvs\":[null]}",
    "{\"header\":{\"revision\":\"5\"},\"kvs\":[{}]}",
    "{\"header\":{\"revision\":\"5\"},\"kvs\":[{\"key\":\"YQ==\"}]}",
    "{\"header\":{\"revision\":\"5\"},\"kvs\":[{\"key\":\"Y!==\",\"mod_revision\":\"5\"}]}",
    "{\"header\":{\"revision\":\"5\"},\"kvs\":[{\"key\":\"YQ==\",\"mod_revision\":\"-1\"}]}",
    "{\"header\":{\"revision\":\"5\"}} trailing",
    "<html>not etcd</html>",
};

START_TEST(what_is_no_range_answer_is_refused)
{
    setup();
    struct etcd_range range = { 0 };
    ck_assert_msg(!etcd_read_range(arena, str_c(bad_ranges[_i]), &range), "%s", bad_ranges[_i]);
    etcd_range_fini(&range);
    teardown();
}
END_TEST

START_TEST(no_truncation_of_an_answer_is_taken_for_a_whole)
{
    setup();
    struct str range_text = recorded(_i, "range.json"), watch = recorded(_i, "watch.txt");
    struct etcd_range range = { 0 };
    struct etcd_message message = { 0 };
    for (size_t n = 0; n < range_text.n; n++)
        ck_assert(!etcd_read_range(arena, str_head(range_text, n), &range));
    str_cut(&watch, '\n');
    struct str line = str_cut(&watch, '\n');
    for (size_t n = 0; n < line.n; n++)
        ck_assert(!etcd_read_message(arena, str_head(line, n), &message));
    ck_assert(etcd_read_message(arena, line, &message));
    etcd_range_fini(&range);
    etcd_message_fini(&message);
    teardown();
}
END_TEST

START_TEST(a_watch_is_read_line_by_line)
{
    setup();
    struct str rest = recorded(_i, "watch.txt");
    struct etcd_message m = { 0 };
    ck_assert(etcd_read_message(arena, str_cut(&rest, '\n'), &m));
    ck_assert(m.created && m.header.revision == 1 && m.changes.n == 0 && m.fault.kind == ETCD_OK);

    ck_assert(etcd_read_message(arena, str_cut(&rest, '\n'), &m));
    ck_assert(!m.created && m.changes.n == 1);
    ck_assert(m.changes.p[0].created && m.changes.p[0].revision == 2 && !m.changes.p[0].event.deleted);
    ck_assert(str_eq(m.changes.p[0].event.key, STR("traefik/http/routers/a/rule")));
    ck_assert(str_eq(m.changes.p[0].event.value, STR("Host(`a.example`)")));

    ck_assert(etcd_read_message(arena, str_cut(&rest, '\n'), &m));
    ck_assert_uint_eq(m.changes.n, 3); /* one transaction: put, put of nothing, delete */
    ck_assert(m.changes.p[0].revision == 3 && m.changes.p[1].revision == 3 && m.changes.p[2].revision == 3);
    ck_assert(m.changes.p[1].event.value.p && m.changes.p[1].event.value.n == 0);
    ck_assert(m.changes.p[2].event.deleted && !m.changes.p[2].created && m.changes.p[2].event.value.n == 0);

    ck_assert(etcd_read_message(arena, str_cut(&rest, '\n'), &m));
    ck_assert(m.changes.p[0].created && m.changes.p[0].event.value.n == 256);
    ck_assert(etcd_read_message(arena, str_cut(&rest, '\n'), &m));
    ck_assert(!m.changes.p[0].created && m.changes.p[0].revision == 5);
    etcd_message_fini(&m);
    teardown();
}
END_TEST

/* The last line of each recorded stream. */
static const struct {
    const char *name;
    enum etcd_fault_kind kind;
} endings[] = {
    { "watch-compacted.txt", ETCD_FAULT_COMPACTED }, { "watch-no-token.txt", ETCD_FAULT_TOKEN },
    { "watch-bad-token.txt", ETCD_FAULT_TOKEN },     { "watch-permission.txt", ETCD_FAULT_PERMISSION },
    { "watch-sigterm.txt", ETCD_FAULT_UNAVAILABLE },
};

START_TEST(the_end_of_a_watch_says_why)
{
    setup();
    struct str rest = str_trim(recorded(_i % VERSIONS, endings[_i / VERSIONS].name)), line = { 0 };
    struct etcd_message m = { 0 };
    while (rest.n) {
        line = str_cut(&rest, '\n');
        ck_assert(etcd_read_message(arena, line, &m));
    }
    ck_assert_int_eq(m.fault.kind, endings[_i / VERSIONS].kind);
    ck_assert(m.fault.text[0]);
    etcd_message_fini(&m);
    teardown();
}
END_TEST

static const struct {
    const char *line;
    enum etcd_fault_kind kind;
} lines[] = {
    { "{\"error\":{\"grpc_code\":14,\"http_code\":503,\"message\":\"etcdserver: no "
      "leader\",\"http_status\":\"Service Unavailable\"}}",
      ETCD_FAULT_UNAVAILABLE },
    { "{\"error\":{\"grpc_code\":1,\"http_code\":408,\"message\":\"grpc: the client connection is "
      "closing\",\"http_status\":\"Request Timeout\"}}",
      ETCD_FAULT_UNAVAILABLE },
    { "{\"error\":{\"code\":14,\"message\":\"etcdserver: no leader\"}}", ETCD_FAULT_UNAVAILABLE },
    { "{\"result\":{\"header\":{\"revision\":\"5\"},\"watch_id\":\"-1\",\"created\":true,\"canceled\":true,"
      "\"cancel_reason\":\"mvcc: watcher range is empty\"}}",
      ETCD_FAULT_CANCELED },
    { "{\"result\":{\"canceled\":true}}", ETCD_FAULT_CANCELED },
    { "{\"result\":{\"header\":{\"cluster_id\":\"1\",\"revision\":\"63\"}}}", ETCD_OK }, /* progress */
    { "{\"result\":{\"header\":{\"revision\":\"63\"},\"watch_id\":\"-1\"}}", ETCD_OK },
    { "{ \"result\" : { \"created\" : true } }\r", ETCD_OK },
};

START_TEST(lines_that_were_not_recorded_are_understood)
{
    setup();
    struct etcd_message m = { 0 };
    ck_assert(etcd_read_message(arena, str_c(lines[_i].line), &m));
    ck_assert_int_eq(m.fault.kind, lines[_i].kind);
    etcd_message_fini(&m);
    teardown();
}
END_TEST

static const char *const bad_lines[] = {
    "",
    "null",
    "{}",
    "[]",
    "{\"other\":1}",
    "{\"result\":null}",
    "{\"error\":\"text\"}",
    "{\"result\":{\"events\":[null]}}",
    "{\"result\":{\"events\":[{}]}}",
    "{\"result\":{\"events\":[{\"type\":\"PUT\"}]}}",
    "{\"result\":{\"events\":[{\"type\":\"MOVE\",\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"5\"}}]}}",
    "{\"result\":{\"events\":[{\"kv\":{\"key\":\"\",\"mod_revision\":\"5\"}}]}}",
    "{\"result\":{\"events\":[{\"kv\":{\"key\":\"YQ==\"}}]}}",
    "{\"result\":{\"events\":[{\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"5\"}}]}",
    "{\"result\":{\"created\":\"yes\"}}",
};

START_TEST(what_is_no_watch_line_is_refused)
{
    setup();
    struct etcd_message m = { 0 };
    ck_assert_msg(!etcd_read_message(arena, str_c(bad_lines[_i]), &m), "%s", bad_lines[_i]);
    etcd_message_fini(&m);
    teardown();
}
END_TEST

START_TEST(a_message_may_be_used_again)
{
    setup();
    struct etcd_message m = { 0 };
    ck_assert(etcd_read_message(arena,
                                STR("{\"result\":{\"header\":{\"cluster_id\":\"7\",\"revision\":\"5\"},"
                                    "\"watch_id\":\"-1\",\"created\":true,"
                                    "\"canceled\":true,\"cancel_reason\":\"x\"}}"),
                                &m));
    ck_assert(etcd_read_message(arena, STR("{\"result\":{}}"), &m));
    ck_assert(!m.created && m.watch_id == 0 && m.fault.kind == ETCD_OK && m.header.cluster_id == 0);
    ck_assert(m.header.revision == 0 && m.fault.text[0] == '\0');
    etcd_message_fini(&m);
    teardown();
}
END_TEST

static const struct {
    const char *name;
    long status;
    enum etcd_fault_kind kind;
} errors[] = {
    { "error-no-token.json", 400, ETCD_FAULT_TOKEN },
    { "error-token.json", 401, ETCD_FAULT_TOKEN },
    { "error-password.json", 400, ETCD_FAULT_PASSWORD },
    { "error-auth-off.json", 412, ETCD_FAULT_AUTH_OFF },
    { "error-permission.json", 403, ETCD_FAULT_PERMISSION },
    { "error-compacted.json", 400, ETCD_FAULT_COMPACTED },
    { "error-future.json", 400, ETCD_FAULT_FUTURE },
    { "error-key-missing.json", 400, ETCD_FAULT_REFUSED },
    { "error-path.txt", 404, ETCD_FAULT_REFUSED },
};

START_TEST(recorded_errors_are_told_apart)
{
    setup();
    struct etcd_fault fault =
        etcd_read_error(errors[_i / VERSIONS].status, recorded(_i % VERSIONS, errors[_i / VERSIONS].name));
    ck_assert_int_eq(fault.kind, errors[_i / VERSIONS].kind);
    ck_assert(fault.text[0]);
    teardown();
}
END_TEST

static const struct {
    const char *body;
    long status;
    enum etcd_fault_kind kind;
    const char *text;
} bodies[] = {
    { "{\"error\":\"etcdserver: revision of auth store is old\",\"code\":3}", 400, ETCD_FAULT_TOKEN,
      "revision of auth store" },
    { "{\"code\":14,\"message\":\"etcdserver: request timed out\"}", 503, ETCD_FAULT_UNAVAILABLE,
      "timed out" },
    { "{\"code\":14,\"message\":\"etcdserver: rpc not supported for learner\"}", 503, ETCD_FAULT_UNAVAILABLE,
      "learner" },
    { "{\"code\":4,\"message\":\"context deadline exceeded\"}", 504, ETCD_FAULT_UNAVAILABLE, "deadline" },
    { "{\"code\":3,\"message\":\"permission denied\"}", 400, ETCD_FAULT_REFUSED,
      "permission" }, /* code and text must fit */
    { "{\"code\":7,\"message\":\"something else\"}", 403, ETCD_FAULT_REFUSED, "something" },
    { "CommonName of client sending a request against gateway will be ignored and not used as expected\n",
      400, ETCD_FAULT_COMMON_NAME, "CommonName" },
    { "<html>busy</html>", 503, ETCD_FAULT_UNAVAILABLE, "busy" },
    { "<html>no</html>", 500, ETCD_FAULT_REFUSED, "no" },
    { "", 502, ETCD_FAULT_UNAVAILABLE, "HTTP status 502" },
    { "{}", 500, ETCD_FAULT_REFUSED, "{}" },
    { "{\"code\":99999999999999999999}", 500, ETCD_FAULT_REFUSED, "code" },
    { "\x01\xff\n\n", 500, ETCD_FAULT_REFUSED, "??" }, /* nothing but printable text goes on */
};

START_TEST(any_error_body_has_a_meaning)
{
    struct etcd_fault fault = etcd_read_error(bodies[_i].status, str_c(bodies[_i].body));
    ck_assert_int_eq(fault.kind, bodies[_i].kind);
    ck_assert_msg(strstr(fault.text, bodies[_i].text), "%s", fault.text);
}
END_TEST

START_TEST(an_error_text_of_any_length_is_cut)
{
    static char text[100000];
    memset(text, 'x', sizeof text - 1);
    struct etcd_fault fault = etcd_read_error(500, str_c(text));
    ck_assert_uint_eq(strlen(fault.text), sizeof fault.text - 1);
}
END_TEST

START_TEST(a_token_is_read)
{
    setup();
    struct str token;
    ck_assert(etcd_read_token(arena, recorded(_i, "authenticate.json"), &token));
    ck_assert(str_eq(token, _i ? STR("IxMPqLftRkZbgmSU.16") : STR("YBBeXSnRMUCkMBEs.18")));
    teardown();
}
END_TEST

static const char *const bad_tokens[] = {
    "",
    "{}",
    "{\"token\":\"\"}",
    "{\"token\":null}",
    "{\"token\":7}",
    "{\"token\":\"a\\r\\nX-Evil: 1\"}",
    "{\"token\":\"a b\"}",
    "{\"token\":\"a\\u0000\"}",
    "{\"token\":\"\xc3\xa4\"}",
};

/* It becomes a header: what could end the line must not get there. */
START_TEST(what_is_no_token_is_refused)
{
    setup();
    struct str token;
    ck_assert_msg(!etcd_read_token(arena, str_c(bad_tokens[_i]), &token), "%s", bad_tokens[_i]);
    teardown();
}
END_TEST

START_TEST(a_transaction_names_its_condition_and_its_operations)
{
    const struct etcd_txn_op ops[] = { { .key = STR("k1"), .value = STR("v1") },
                                       { .key = STR("k2"), .end = STR("k3") } };
    struct etcd_txn_request request = {
        .key = STR("a"), .end = STR("b"), .unchanged_since = 7, .ops = ops, .n_ops = 2
    };
    etcd_put_txn_request(&out, &request);
    ck_assert_str_eq(
        out.p,
        "{\"compare\":[{\"target\":\"MOD\",\"result\":\"LESS\",\"key\":\"YQ==\",\"range_end\":\"Yg==\","
        "\"mod_revision\":\"8\"}],\"success\":[{\"request_put\":{\"key\":\"azE=\",\"value\":\"djE=\"}},"
        "{\"request_delete_range\":{\"key\":\"azI=\",\"range_end\":\"azM=\"}}]}");
    buf_reset(&out);
    request.unchanged_since = 0;
    request.n_ops = 0;
    etcd_put_txn_request(&out, &request);
    ck_assert_str_eq(out.p, "{\"success\":[]}");
}
END_TEST

START_TEST(the_answer_to_a_transaction_says_whether_it_was_done)
{
    struct etcd_txn txn;
    ck_assert(etcd_read_txn(
        STR("{\"header\":{\"revision\":\"9\"},\"succeeded\":true,\"responses\":[{\"response_put\":{}}]}"),
        &txn));
    ck_assert(txn.succeeded);
    ck_assert_int_eq(txn.header.revision, 9);
    ck_assert(etcd_read_txn(STR("{\"header\":{\"revision\":\"9\"}}"), &txn)); /* false is left out */
    ck_assert(!txn.succeeded);
    ck_assert(!etcd_read_txn(STR("{\"succeeded\":true}"), &txn));
    ck_assert(!etcd_read_txn(STR("[]"), &txn));
    ck_assert(!etcd_read_txn(STR("{\"header\":{\"revision\":\"9\"},\"succeeded\":tru"), &txn));
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_prefix_ends_at_its_successor, 0 },
        { requests_are_what_the_gateway_takes, 0 },
        { a_range_answer_is_read, VERSIONS },
        { pages_are_appended, VERSIONS },
        { what_is_no_range_answer_is_refused, ROWS(bad_ranges) },
        { no_truncation_of_an_answer_is_taken_for_a_whole, VERSIONS },
        { a_watch_is_read_line_by_line, VERSIONS },
        { the_end_of_a_watch_says_why, ROWS(endings) * VERSIONS },
        { lines_that_were_not_recorded_are_understood, ROWS(lines) },
        { what_is_no_watch_line_is_refused, ROWS(bad_lines) },
        { a_message_may_be_used_again, 0 },
        { recorded_errors_are_told_apart, ROWS(errors) * VERSIONS },
        { any_error_body_has_a_meaning, ROWS(bodies) },
        { an_error_text_of_any_length_is_cut, 0 },
        { a_token_is_read, VERSIONS },
        { what_is_no_token_is_refused, ROWS(bad_tokens) },
        { a_transaction_names_its_condition_and_its_operations, 0 },
        { the_answer_to_a_transaction_says_whether_it_was_done, 0 },
        { 0 },
    };
    return run_suite("etcd wire", rows);
}
