#include "route/export.h"

#include "kv/reader.h"
#include "suite.h"
#include "tree_case.h"

static struct str exported(struct arena *arena, const struct kv_snapshot *snapshot, enum export_format format)
{
    struct buf out = { 0 };
    export_file(arena, snapshot, format, &out, diag_create(arena, 0));
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

START_TEST(keys_become_a_file)
{
    struct tree_case c =
        tree_case_of(STR("HTTP/Routers/a.b/RULE = Host(`x`)\nhttp/routers/a.b/entrypoints = web, other\n"
                         "http/routers/a.b/priority = 007\nhttp/routers/a.b/tls = true\n"
                         "http/routers/c/tls = false\nhttp/routers/c/rule = yes\n"
                         "http/services/s/loadbalancer/servers/10/url = http://b\n"
                         "http/services/s/loadbalancer/servers/9/url = http://a\n"
                         "http/services/s/loadbalancer/servers/9/preservepath = T\n"
                         "http/middlewares/h/headers/customRequestHeaders/X-A.b = \"q\\n\n"
                         "http/middlewares/c/compress = \n"),
                     false);
    struct str text = exported(c.arena, &c.snapshot, EXPORT_YAML);
    const char *want =
        "http:\n  routers:\n    a.b:\n      rule: \"Host(`x`)\"\n      entryPoints:\n        - web\n        "
        "- other\n"
        "      priority: 7\n      tls: {}\n    c:\n      rule: \"yes\"\n"
        "  services:\n    s:\n      loadBalancer:\n        servers:\n          - url: \"http://b\"\n"
        "          - url: \"http://a\"\n            preservePath: true\n"
        "  middlewares:\n    c:\n      compress: {}\n    h:\n      headers:\n        customRequestHeaders:\n"
        "          X-A.b: \"\\\"q\\n\"\n";
    ck_assert_msg(str_eq(text, str_c(want)), "got:\n%.*s", STR_ARG(text));
    tree_case_fini(&c);
}
END_TEST

START_TEST(what_no_file_can_have_is_told)
{
    struct tree_case c = tree_case_of(STR("http/routers/a/rle = x\nhttp/routers/a/rule = y\n"), false);
    struct buf out = { 0 };
    struct diag *diag = diag_create(c.arena, 0);
    export_file(c.arena, &c.snapshot, EXPORT_JSON, &out, diag);
    ck_assert_str_eq(out.p, "{\n  \"http\": {\n    \"routers\": {\n      \"a\": {\n        \"rule\": \"y\"\n "
                            "     }\n    }\n  }\n}\n");
    ck_assert_uint_eq(diag_total(diag), 1);
    ck_assert(str_eq(diag_get(diag, 0)->key, STR("traefik/http/routers/a/rle")));
    buf_fini(&out);
    tree_case_fini(&c);
}
END_TEST

START_TEST(nothing_is_a_file_too)
{
    struct tree_case c = tree_case_of(STR(""), false);
    ck_assert(str_eq(exported(c.arena, &c.snapshot, EXPORT_YAML), STR("{}\n")));
    ck_assert(str_eq(exported(c.arena, &c.snapshot, EXPORT_JSON), STR("{}\n")));
    tree_case_fini(&c);
}
END_TEST

/* Each way round gives what the first one gave. */
START_TEST(there_and_back_is_the_same)
{
    const char *files[] = { "/kv/routes.yml",
                            "/kv/routes.json",
                            "/routes/file-yaml/tree.yml",
                            "/routes/tutorial-rate-limit/tree.txt",
                            "/kv/store.txt",
                            "/kv/store-gateway.json" };
    for (int i = 0; i < ROWS(files); i++) {
        struct arena *arena = arena_create();
        struct diag *diag = diag_create(arena, 0);
        struct kv_snapshot first, second, third, fourth;
        struct buf keys = { 0 };
        ck_assert(kv_read_path(arena, arena_printf(arena, TESTDATA "%s", files[i]).p, STR("traefik"), &first,
                               diag));
        struct str yaml = exported(arena, &first, EXPORT_YAML), json = exported(arena, &first, EXPORT_JSON);
        ck_assert_msg(yaml.n > 10, "%s", files[i]);
        ck_assert(kv_read(arena, yaml, KV_FORMAT_FILE, STR("x.yml"), STR("traefik"), &second, diag));
        struct str again = exported(arena, &second, EXPORT_YAML);
        ck_assert_msg(str_eq(again, yaml), "%s:\n%.*s\n%.*s", files[i], STR_ARG(yaml), STR_ARG(again));
        ck_assert(kv_read(arena, json, KV_FORMAT_FILE, STR("x.json"), STR("traefik"), &third, diag));
        ck_assert(str_eq(exported(arena, &third, EXPORT_YAML), yaml));
        export_keys(&second, &keys);
        ck_assert(
            kv_read(arena, buf_str(&keys), KV_FORMAT_UNKNOWN, STR("dump"), STR("traefik"), &fourth, diag));
        ck_assert(str_eq(exported(arena, &fourth, EXPORT_YAML), yaml));
        buf_fini(&keys);
        arena_destroy(arena);
    }
}
END_TEST

/* Names beyond YAML's look-ahead, and characters that YAML folds or refuses. */
START_TEST(odd_texts_survive_a_file)
{
    struct arena *arena = arena_create();
    char name[2001] = "";
    memset(name, 'n', 2000);
    const char *values[] = { name,
                             "a\xc2\x85 b\xe2\x80\xa8\xe2\x80\xa9 c",
                             "\xc2\x8b",
                             "\xef\xbb\xbfx\xef\xbf\xbe",
                             "\xf0\x9f\x98\x80",
                             "- a: [b] # c",
                             "~",
                             "0x10",
                             "1e3",
                             "<<",
                             "*a",
                             "&a",
                             " x ",
                             "\t" };
    for (int i = 0; i < ROWS(values); i++) {
        struct kv_pair pair = { arena_printf(arena, "traefik/http/middlewares/%s/addPrefix/prefix", name),
                                str_c(values[i]) };
        struct diag *diag = diag_create(arena, 0);
        struct kv_snapshot first = kv_snapshot_of(&pair, 1, STR("traefik"), STR("etcd"), diag), back;
        struct str yaml = exported(arena, &first, EXPORT_YAML);
        ck_assert(kv_read(arena, yaml, KV_FORMAT_FILE, STR("x.yml"), STR("traefik"), &back, diag));
        ck_assert_uint_eq(back.n, 1);
        ck_assert(str_eq(back.pairs[0].key, pair.key));
        ck_assert_msg(str_eq(back.pairs[0].value, pair.value), "%.*s", STR_ARG(yaml));
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(values_of_several_lines_survive_as_keys)
{
    struct tree_case c =
        tree_case_of(STR("tls/certificates/0/certFile = -----BEGIN\\nx\\n-----END\n"), false);
    struct buf keys = { 0 };
    struct kv_snapshot back;
    export_keys(&c.snapshot, &keys);
    ck_assert(kv_read(c.arena, buf_str(&keys), KV_FORMAT_UNKNOWN, STR(""), STR("traefik"), &back, c.diag));
    ck_assert_uint_eq(back.n, 1);
    ck_assert(str_eq(back.pairs[0].value, STR("-----BEGIN\nx\n-----END")));
    buf_fini(&keys);
    tree_case_fini(&c);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { keys_become_a_file, 0 },
        { what_no_file_can_have_is_told, 0 },
        { nothing_is_a_file_too, 0 },
        { there_and_back_is_the_same, 0 },
        { odd_texts_survive_a_file, 0 },
        { values_of_several_lines_survive_as_keys, 0 },
        { NULL, 0 },
    };
    return run_suite("export", rows);
}
