#include "kv/reader.h"

#include "kv.h"

static const struct {
    struct str bytes;
    const char *name;
    enum kv_format want;
} inputs[] = {
    /* the name decides where the bytes say nothing */
    { STR(""), "", KV_FORMAT_DUMP },
    { STR(""), "a.yml", KV_FORMAT_FILE },
    { STR(""), "a.yaml", KV_FORMAT_FILE },
    { STR("\n \n"), "", KV_FORMAT_FILE },
    { STR("# routes\n"), "", KV_FORMAT_FILE },
    { STR("word\n"), "", KV_FORMAT_UNKNOWN },
    { STR("word\n"), "a.yml", KV_FORMAT_FILE },
    /* and nowhere else */
    { STR("traefik/http/routers/a/rule\nHost(`a`)\n"), "a.yml", KV_FORMAT_DUMP },
    { STR("http:\n"), "dump.txt", KV_FORMAT_FILE },
    { STR("{\"kvs\":[]}"), "a.yml", KV_FORMAT_DUMP_JSON },
    /* dumps */
    { STR("traefik/http/routers/a/rule\nHost(`a`)\n"), "", KV_FORMAT_DUMP },
    { STR("traefik/http/routers/a:b/rule\nx: y\n"), "", KV_FORMAT_DUMP },
    { STR("traefik/a: b/x\nx\n"), "", KV_FORMAT_DUMP },
    { STR("/traefik/a\r\n1\r\n"), "", KV_FORMAT_DUMP },
    { STR("a/b"), "", KV_FORMAT_DUMP },
    /* dumps in JSON */
    { STR("{\"header\":{\"revision\":1}}"), "", KV_FORMAT_DUMP_JSON },
    { STR("\n { \"kvs\" : [] }"), "", KV_FORMAT_DUMP_JSON },
    { STR("{\"count\":\"0\"}"), "", KV_FORMAT_DUMP_JSON },
    /* files */
    { STR("{\"http\":{}}"), "", KV_FORMAT_FILE },
    { STR("{}"), "", KV_FORMAT_FILE },
    { STR("{"), "", KV_FORMAT_FILE },
    { STR("{http: {}}"), "", KV_FORMAT_FILE },
    { STR("http:\n  routers: {}\n"), "", KV_FORMAT_FILE },
    { STR("http: {routers: {a/b: {}}}\n"), "", KV_FORMAT_FILE },
    { STR("http:\troot\n"), "", KV_FORMAT_FILE },
    { STR("\"http\": 1\n"), "", KV_FORMAT_FILE },
    { STR("'http/x': 1\n"), "", KV_FORMAT_FILE },
    { STR("# a/b\n%YAML 1.1\n---\n\nhttp:\n"), "", KV_FORMAT_FILE },
    { STR("--- # a/b\r\nhttp:\r\n"), "", KV_FORMAT_FILE },
    { STR("x-common: &c\n  a: 1\n"), "", KV_FORMAT_FILE },
    /* neither */
    { STR("[http.routers]\n"), "a.toml", KV_FORMAT_UNKNOWN },
    { STR("[1]"), "", KV_FORMAT_UNKNOWN },
    { STR("http:x\n"), "", KV_FORMAT_UNKNOWN },
    { STR("a:\0\n"), "", KV_FORMAT_UNKNOWN },
};

START_TEST(formats_are_told_by_their_first_lines)
{
    ck_assert_int_eq(kv_detect(inputs[_i].bytes, str_c(inputs[_i].name)), inputs[_i].want);
}
END_TEST

START_TEST(an_unknown_format_is_refused)
{
    struct kv_test t;
    kv_test_init(&t);
    ck_assert(!kv_test_read(&t,
                            STR("\x7f"
                                "ELF\x02\x01"),
                            KV_FORMAT_UNKNOWN, ""));
    ck_assert(!kv_test_read(&t, STR("[http.routers.a]\n  rule = \"x\"\n"), KV_FORMAT_UNKNOWN, "a.toml"));
    ck_assert_str_eq(
        kv_test_findings(&t),
        "error[bad-source] input: it looks like no dump of etcdctl's, and like no YAML or JSON file\n"
        "error[bad-source] a.toml: TOML is not read; a YAML or JSON file can say the same\n");
    kv_test_fini(&t);
}
END_TEST

START_TEST(a_mark_of_the_byte_order_hides_nothing)
{
    static const struct {
        const char *text, *provider;
    } texts[] = { { "\xef\xbb\xbftraefik/a\n1\n", "etcd" },
                  { "\xef\xbb\xbf{\"kvs\":[{\"key\":\"dHJhZWZpay9h\",\"value\":\"MQ==\"}]}", "etcd" },
                  { "\xef\xbb\xbf"
                    "a: 1\n",
                    "file" },
                  { "\xef\xbb\xbf{\"a\":1}", "file" } };
    struct kv_test t;
    kv_test_init(&t);
    ck_assert(kv_test_read(&t, str_c(texts[_i].text), KV_FORMAT_UNKNOWN, ""));
    ck_assert_str_eq(kv_test_show(&t), "traefik/a=1\n");
    ck_assert(str_eq(t.snapshot.provider, str_c(texts[_i].provider)));
    kv_test_fini(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kv/detect");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_loop_test(all, formats_are_told_by_their_first_lines, 0, sizeof inputs / sizeof *inputs);
    tcase_add_test(all, an_unknown_format_is_refused);
    tcase_add_loop_test(all, a_mark_of_the_byte_order_hides_nothing, 0, 4);
    return kv_test_run(srunner_create(suite));
}
