#include "kv/reader.h"

#include "kv.h"

static struct kv_test t;

static void setup(void)
{
    kv_test_init(&t);
}

static void teardown(void)
{
    kv_test_fini(&t);
}

/* YQ== a, Yg== b, dHJhZWZpay9h traefik/a, MQ== 1, AP8K bytes 00 ff 0a */
static const struct {
    const char *dump;
    int64_t revision;
    const char *want;
} good[] = {
    { "{\"header\":{\"cluster_id\":1,\"revision\":77,\"raft_term\":2}}", 77, "" },
    { "{\"header\":{\"revision\":\"9223372036854775807\"},\"count\":\"0\"}", INT64_MAX, "" },
    { "{\"kvs\":[]}", 0, "" },
    { "{\"kvs\":null}", 0, "" },
    { "{\"kvs\":[{\"key\":\"YQ==\",\"value\":\"MQ==\"}]}", 0, "a=1\n" },
    { " {\n \"kvs\" : [ {\"key\" : \"YQ==\" , \"value\" : \"MQ==\"} ,\r\n\t{\"key\":\"Yg==\"} ] , \"count\" "
      ": 2 } \n",
      0, "a=1\nb=\n" },
    { "{\"kvs\":[{\"value\":\"MQ==\",\"lease\":3,\"x\":{\"key\":[1,{\"key\":\"YQ==\"}]},\"key\":"
      "\"dHJhZWZpay9h\"}]}",
      0, "traefik/a=1\n" },
    { "{\"kvs\":[{\"key\":\"YQ==\",\"value\":null}],\"more\":false}", 0, "a=\n" },
    { "{\"kvs\":[{\"key\":\"\\u0059Q==\",\"value\":\"AP8K\"}]}", 0, "a=\\x00\xff\\n\n" },
    { "{\"kvs\":[{\"key\":\"YQ==\",\"value\":\"+/+\\/\"}]}", 0, "a=\xfb\xff\xbf\n" },
    { "{\"kvs\":[{\"key\":\"Yg==\"},{\"key\":\"YQ==\"}],\"header\":{\"revision\":5}}", 5, "a=\nb=\n" },
};

START_TEST(answers_of_etcd_are_read)
{
    ck_assert(kv_test_read(&t, str_c(good[_i].dump), KV_FORMAT_DUMP_JSON, "dump.json"));
    ck_assert_str_eq(kv_test_show(&t), good[_i].want);
    ck_assert_int_eq(t.snapshot.revision, good[_i].revision);
    ck_assert_uint_eq(diag_total(t.diag), 0);
    ck_assert(str_eq(t.snapshot.provider, STR("etcd")));
    ck_assert(!t.snapshot.literal_lists);
}
END_TEST

static const struct {
    const char *dump;
    const char *finding; /* behind "error[bad-source] dump.json: " */
} bad[] = {
    { "", "line 1: an object was expected" },
    { "[]", "line 1: an object was expected" },
    { "{}", "line 1: it is no answer of etcd's: it has neither \"header\" nor \"kvs\"" },
    { "{\"http\":{\"routers\":{}}}",
      "line 1: it is no answer of etcd's: it has neither \"header\" nor \"kvs\"" },
    { "{\"kvs\":[\n{\"key\":\"YQ==\"},\n{\"value\":\"MQ==\"}]}", "line 3: a pair has no key" },
    { "{\"kvs\":[{\"key\":\"\"}]}", "line 1: a pair has no key" },
    { "{\"kvs\":[{\"key\":\"YQ=\"}]}", "line 1: a key or value is not base64 text" },
    { "{\"kvs\":[{\"key\":\"YQ\"}]}", "line 1: a key or value is not base64 text" },
    { "{\"kvs\":[{\"key\":\"Y===\"}]}", "line 1: a key or value is not base64 text" },
    { "{\"kvs\":[{\"key\":\"Y=Q=\"}]}", "line 1: a key or value is not base64 text" },
    { "{\"kvs\":[{\"key\":\"YQ==\",\"value\":\"a-_b\"}]}", "line 1: a key or value is not base64 text" },
    { "{\"kvs\":[{\"key\":\"YQ==\",\"value\":\"MQ==\\n\"}]}", "line 1: a key or value is not base64 text" },
    { "{\"kvs\":[{\"key\":\"YQ==\",\"value\":{}}]}", "line 1: a key or value is not base64 text" },
    { "{\"kvs\":[{\"key\":7}]}", "line 1: a key or value is not base64 text" },
    { "{\"kvs\":{}}", "line 1: an array was expected" },
    { "{\"kvs\":[1]}", "line 1: an object was expected" },
    { "{\"kvs\":[{\"key\":\"YQ==\"}]", "line 1: ',' or '}' was expected" },
    { "{\"kvs\":[{\"key\":\"YQ==\"}", "line 1: ',' or ']' was expected" },
    { "{\"kvs\":[{\"key\":\"YQ==", "line 1: a string does not end" },
    { "{\"kvs\":[]}\n{\"kvs\":[]}", "line 2: nothing more was expected" },
    { "{\"kvs\":[{\"key\":\"YQ==\"}],\n\"more\":true,\"count\":5}",
      "line 2: the dump was cut off by a limit: etcd holds more keys" },
};

START_TEST(anything_else_is_refused_with_the_line)
{
    char want[200];
    snprintf(want, sizeof want, "error[bad-source] dump.json: %s\n", bad[_i].finding);
    ck_assert(!kv_test_read(&t, str_c(bad[_i].dump), KV_FORMAT_DUMP_JSON, "dump.json"));
    ck_assert_str_eq(kv_test_findings(&t), want);
    ck_assert_uint_eq(t.snapshot.n, 0);
}
END_TEST

START_TEST(every_cut_of_a_dump_is_refused)
{
    struct str whole =
        STR("{\"header\":{\"revision\":7},\"kvs\":[{\"key\":\"YQ==\",\"version\":-1.5e3,\"value\":\"MQ==\"}],"
            "\"count\":1,\"x\":[true,false,null,\"\\u00e4\"]}");
    for (size_t n = 0; n < whole.n; n++)
        ck_assert(!kv_test_read(&t, str_head(whole, n), KV_FORMAT_DUMP_JSON, "dump.json"));
    ck_assert(kv_test_read(&t, whole, KV_FORMAT_DUMP_JSON, "dump.json"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kv/dump_json");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, answers_of_etcd_are_read, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(all, anything_else_is_refused_with_the_line, 0, sizeof bad / sizeof *bad);
    tcase_add_test(all, every_cut_of_a_dump_is_refused);
    return kv_test_run(srunner_create(suite));
}
