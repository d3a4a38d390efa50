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

static const char *read_text(const char *text)
{
    ck_assert_msg(kv_test_read(&t, str_c(text), KV_FORMAT_FILE, "routes.yml"), "%s", kv_test_findings(&t));
    return kv_test_show(&t);
}

static const struct {
    const char *yaml, *want;
} files[] = {
    { "", "" },
    { "# nothing\n", "" },
    { "---\n...\n", "" },
    { "{}", "" },
    { "~", "" },
    { "http:\n", "" },
    /* maps are paths */
    { "http:\n  routers:\n    web:\n      rule: Host(`a`)\n      service: s\n",
      "traefik/http/routers/web/rule=Host(`a`)\ntraefik/http/routers/web/service=s\n" },
    { "tls: {options: {default: {minVersion: VersionTLS12}}}",
      "traefik/tls/options/default/minVersion=VersionTLS12\n" },
    { "other:\n  x: 1\nroot: 2\n", "traefik/other/x=1\ntraefik/root=2\n" },
    /* lists are numbered, in as many digits as their byte order needs */
    { "a: [x, 'y,z', \"\"]", "traefik/a/0=x\ntraefik/a/1=y,z\ntraefik/a/2=\n" },
    { "a: [0,1,2,3,4,5,6,7,8,9]", "traefik/a/0=0\ntraefik/a/1=1\ntraefik/a/2=2\ntraefik/a/3=3\ntraefik/a/"
                                  "4=4\ntraefik/a/5=5\ntraefik/a/6=6\n"
                                  "traefik/a/7=7\ntraefik/a/8=8\ntraefik/a/9=9\n" },
    { "a: [0,1,2,3,4,5,6,7,8,9,10]", "traefik/a/00=0\ntraefik/a/01=1\ntraefik/a/02=2\ntraefik/a/"
                                     "03=3\ntraefik/a/04=4\ntraefik/a/05=5\ntraefik/a/06=6\n"
                                     "traefik/a/07=7\ntraefik/a/08=8\ntraefik/a/09=9\ntraefik/a/10=10\n" },
    { "servers:\n  - url: http://a\n  - url: http://b\n    weight: 3\n",
      "traefik/servers/0/url=http://a\ntraefik/servers/1/url=http://b\ntraefik/servers/1/weight=3\n" },
    { "a: [[x], [y, z]]", "traefik/a/0/0=x\ntraefik/a/1/0=y\ntraefik/a/1/1=z\n" },
    /* scalars stand as written */
    { "a: [true, Yes, 010, 0x1F, 1e3, 1.50, 10s, -5, 12:30, 2001-01-01, .inf]",
      "traefik/a/00=true\ntraefik/a/01=Yes\ntraefik/a/02=010\ntraefik/a/03=0x1F\ntraefik/a/04=1e3\ntraefik/a/"
      "05=1.50\n"
      "traefik/a/06=10s\ntraefik/a/07=-5\ntraefik/a/08=12:30\ntraefik/a/09=2001-01-01\ntraefik/a/10=.inf\n" },
    { "a: \"x\\ty\\u00e4\\n\"\nb: 'it''s'\n", "traefik/a=x\\x09y\xc3\xa4\\n\ntraefik/b=it's\n" },
    { "a: |\n  line 1\n  line 2\nb: >-\n  folded\n  text\n",
      "traefik/a=line 1\\nline 2\\n\ntraefik/b=folded text\n" },
    /* null is absent, unless it is quoted or tagged as text */
    { "a: ~\nb: null\nc:\nd: Null\ne: NULL\nf: 'null'\ng: \"\"\nh: !!str null\ni: !!null x\nj: nul\n",
      "traefik/f=null\ntraefik/g=\ntraefik/h=null\ntraefik/j=nul\n" },
    { "a: [~, x, ~]", "traefik/a/1=x\n" },
    /* the marker: a map or list without contents */
    { "tls: {}\ncompress: { a: ~ }\nservers: []\nnone: [~]\n",
      "traefik/compress=\ntraefik/none=\ntraefik/servers=\ntraefik/tls=\n" },
    { "http:\n  routers:\n    a:\n      tls: {}\n      rule: x\n",
      "traefik/http/routers/a/rule=x\ntraefik/http/routers/a/tls=\n" },
    { "a: {b: {c: {}}}", "traefik/a/b/c=\n" },
    /* anchors, aliases, and maps taken over */
    { "a: &x {k: 1}\nb: *x\nc: [*x, *x]\n",
      "traefik/a/k=1\ntraefik/b/k=1\ntraefik/c/0/k=1\ntraefik/c/1/k=1\n" },
    { "a: &x 1\nb: *x\n*x : 2\n", "traefik/1=2\ntraefik/a=1\ntraefik/b=1\n" },
    { "a: &x 1\nb: &x 2\nc: *x\n", "traefik/a=1\ntraefik/b=2\ntraefik/c=2\n" },
    { "base: &b {k: 1, l: 2}\na:\n  <<: *b\n  l: 3\n  m: 4\n",
      "traefik/a/k=1\ntraefik/a/l=3\ntraefik/a/m=4\ntraefik/base/k=1\ntraefik/base/l=2\n" },
    { "x: &x {k: 1}\ny: &y {k: 2, l: 2}\na:\n  l: 0\n  <<: [*x, *y]\n",
      "traefik/a/k=1\ntraefik/a/l=0\ntraefik/x/k=1\ntraefik/y/k=2\ntraefik/y/l=2\n" },
    { "x: &x {k: {p: 1}}\na:\n  <<: *x\n  k: {q: 2}\n", "traefik/a/k/q=2\ntraefik/x/k/p=1\n" },
    { "x: &x {k: 1}\ny: &y\n  <<: *x\na:\n  <<: *y\n", "traefik/a/k=1\ntraefik/x/k=1\ntraefik/y/k=1\n" },
    { "a:\n  <<: {k: 1}\n", "traefik/a/k=1\n" },
    { "a:\n  '<<': {k: 1}\n", "traefik/a/<</k=1\n" },
    /* names */
    { "a b: 1\n123: 2\ntrue: 3\n\xc3\xa4@x: 4\n",
      "traefik/123=2\ntraefik/a b=1\ntraefik/true=3\ntraefik/\xc3\xa4@x=4\n" },
    { "? a\n: 1\n", "traefik/a=1\n" },
    { "\xef\xbb\xbf"
      "a: 1\r\nb: 2\r\n",
      "traefik/a=1\ntraefik/b=2\n" },
    { "%YAML 1.1\n---\na: 1\n", "traefik/a=1\n" },
    { "a:\n- x\n- y\n", "traefik/a/0=x\ntraefik/a/1=y\n" },
    /* the order is that of whole keys, not of names */
    { "a: {x: 1}\na-b: {x: 2}\na0: 3\n", "traefik/a-b/x=2\ntraefik/a/x=1\ntraefik/a0=3\n" },
};

START_TEST(a_file_becomes_the_keys_that_a_store_would_hold)
{
    ck_assert_str_eq(read_text(files[_i].yaml), files[_i].want);
    ck_assert_str_eq(kv_test_findings(&t), "");
    ck_assert(str_eq(t.snapshot.provider, STR("file")));
    ck_assert(t.snapshot.literal_lists);
    ck_assert_int_eq(t.snapshot.revision, 0);
}
END_TEST

static const struct {
    const char *json, *want;
} json_files[] = {
    { " {} ", "" },
    { "{\"http\":{\"routers\":{\"web\":{\"rule\":\"Host(`a`)\",\"priority\":10,\"tls\":{}}}}}",
      "traefik/http/routers/web/priority=10\ntraefik/http/routers/web/rule=Host(`a`)\ntraefik/http/routers/"
      "web/tls=\n" },
    { "{\"a\":[true,false,null,\"null\",1.50e1,\"\"],\"b\":null,\"c\":[]}",
      "traefik/a/0=true\ntraefik/a/1=false\ntraefik/a/3=null\ntraefik/a/4=1.50e1\ntraefik/a/5=\ntraefik/"
      "c=\n" },
    /* what libyaml cannot read, or would read otherwise */
    { "{\"a\":\"\\ud83d\\ude00\",\n\t\"b\":\"\\/x\"}", "traefik/a=\xf0\x9f\x98\x80\ntraefik/b=/x\n" },
    { "{\"<<\":{\"k\":1},\"~\":2,\"k\":\"~\"}", "traefik/<</k=1\ntraefik/k=~\ntraefik/~=2\n" },
    /* YAML in braces */
    { "{http: {routers: {a: {rule: x, }}}}", "traefik/http/routers/a/rule=x\n" },
    { "{\"a\": 1, # comment\n b: 2}", "traefik/a=1\ntraefik/b=2\n" },
};

START_TEST(json_is_read_as_such_and_braced_yaml_still_works)
{
    ck_assert_str_eq(read_text(json_files[_i].json), json_files[_i].want);
    ck_assert_str_eq(kv_test_findings(&t), "");
    ck_assert(str_eq(t.snapshot.provider, STR("file")));
    ck_assert(t.snapshot.literal_lists);
}
END_TEST

START_TEST(a_json_name_may_be_long)
{
    struct buf text = { 0 };
    buf_printf(&text, "{\"%02000d\":1}", 7);
    ck_assert(kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "a.json"));
    ck_assert_uint_eq(t.snapshot.n, 1);
    ck_assert_uint_eq(t.snapshot.pairs[0].key.n, 8 + 2000);
    buf_fini(&text);
}
END_TEST

static const struct {
    const char *text, *findings;
} faults[] = {
    { "http:\n  routers:\n   a: 1\n  b: 2\n c: 3\n",
      "error[bad-source] routes.yml: line 5: did not find expected key, while parsing a block mapping that "
      "begins on line 1\n" },
    { "a: b: c\n", "error[bad-source] routes.yml: line 1: mapping values are not allowed in this context\n" },
    { "a:\n\tb: 1\n", NULL },
    { "a: [1, 2\n", NULL },
    { "{\"a\": 1", NULL },
    { "a: \xff\n", "error[bad-source] routes.yml: line 1: invalid leading UTF-8 octet\n" },
    { "a: 1\nb: 2\nc: \xc3(\n", "error[bad-source] routes.yml: line 3: invalid trailing UTF-8 octet\n" },
    { "a: {{ range $i }}\n", NULL }, /* a Go template */
    { "a: *x\n",
      "error[bad-source] routes.yml: line 1: an alias names no anchor that is complete before it\n" },
    { "a: &x [1, *x]\n",
      "error[bad-source] routes.yml: line 1: an alias names no anchor that is complete before it\n" },
    { "a: &x\n  b: *x\n",
      "error[bad-source] routes.yml: line 2: an alias names no anchor that is complete before it\n" },
    { "a:\n  <<: 1\n",
      "error[bad-source] routes.yml: line 2: only a map, or a list of maps, can be merged by <<\n" },
    { "a:\n  <<: [{}, x]\n", NULL },
    { "a: 1\n---\nb: 2\n",
      "error[bad-source] routes.yml: line 2: a second document begins; one file holds one\n" },
    { "[a, b]\n", "error[bad-source] routes.yml: line 1: a map was expected: http:, tcp:, udp: or tls:\n" },
    { "just text\n",
      "error[bad-source] routes.yml: line 1: a map was expected: http:, tcp:, udp: or tls:\n" },
    { "? [a]\n: 1\n",
      "error[bad-source] routes.yml: line 1: a name must be a plain word, not a map or list\n" },
    { "a: &x {}\n*x : 1\n",
      "error[bad-source] routes.yml: line 2: a name must be a plain word, not a map or list\n" },
};

START_TEST(a_file_that_cannot_be_read_is_refused_with_its_line)
{
    ck_assert(!kv_test_read(&t, str_c(faults[_i].text), KV_FORMAT_FILE, "routes.yml"));
    ck_assert_uint_eq(diag_total(t.diag), 1);
    ck_assert_int_eq(diag_get(t.diag, 0)->code, FINDING_BAD_SOURCE);
    ck_assert_ptr_nonnull(strstr(kv_test_findings(&t), "routes.yml: line "));
    if (faults[_i].findings)
        ck_assert_str_eq(kv_test_findings(&t), faults[_i].findings);
    ck_assert_uint_eq(t.snapshot.n, 0);
    ck_assert(str_eq(t.snapshot.root, STR("traefik")));
}
END_TEST

START_TEST(a_name_that_no_key_can_hold_is_left_out_with_all_below_it)
{
    ck_assert_str_eq(
        read_text("http:\n  routers:\n    a/b:\n      rule: secret\n    c: {rule: x}\n  '': 1\n"),
        "traefik/http/routers/c/rule=x\n");
    ck_assert_str_eq(
        kv_test_findings(&t),
        "error[not-supported] traefik/http: line 6: the name \"\" is empty, and is left out with all below "
        "it\n"
        "error[not-supported] traefik/http/routers: line 3: the name \"a/b\" holds a slash, which a key "
        "cannot, and is left out with all below it\n");
}
END_TEST

START_TEST(of_names_that_occur_twice_in_a_map_the_last_one_counts)
{
    ck_assert_str_eq(read_text("a:\n  x: 1\n  l: [1, 2, 3]\nb: 2\na:\n  l: [4]\n"),
                     "traefik/a/l/0=4\ntraefik/b=2\n");
    ck_assert_str_eq(kv_test_findings(&t),
                     "warning[duplicate-key] routes.yml: line 1: the name a occurs again on line 5 "
                     "of the same map, and that one counts\n");
}
END_TEST

START_TEST(names_that_occur_twice_in_json_are_found_once)
{
    ck_assert_str_eq(read_text("{\"a\":1,\"b\":2,\"a\":3,\"a\":4}"), "traefik/a=4\ntraefik/b=2\n");
    ck_assert_uint_eq(diag_total(t.diag), 2);
    ck_assert_uint_eq(diag_count(t.diag, SEVERITY_ERROR), 0);
}
END_TEST

START_TEST(values_do_not_appear_in_findings)
{
    static const char *const texts[] = { "a: secret: secret\n", "a: [secret\n", "{\"a\":\"secret",
                                         "a: *secret\n",        "a: 'secret\n", "a: secret\n---\nb: secret\n",
                                         "a: \"secret\\q\"\n" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert(!kv_test_read(&t, str_c(texts[i]), KV_FORMAT_FILE, "f.yml"));
    ck_assert_ptr_null(strstr(kv_test_findings(&t), "secret"));
}
END_TEST

/* "a: &a9 [*a8, *a8, …]" nine times: a thousand million leaves. */
START_TEST(aliases_do_not_expand_without_bound)
{
    static const char *const leaves[] = { "x", "~", "{}" };
    struct buf text = { 0 };
    buf_printf(&text, "a0: &a0 %s\n", leaves[_i]);
    for (int i = 1; i < 10; i++) {
        buf_printf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            buf_printf(&text, "*a%d,", i - 1);
        buf_puts(&text, "]\n");
    }
    ck_assert(!kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.yml"));
    ck_assert_str_eq(kv_test_findings(&t),
                     "error[bad-source] f.yml: it expands to too much: long names or many aliases\n");
    ck_assert_uint_lt(arena_size(t.arena), 64 << 20);
    buf_fini(&text);
}
END_TEST

START_TEST(nodes_without_keys_are_counted_too)
{
    struct buf text = { 0 };
    buf_puts(&text, "base: &b [x");
    for (int i = 0; i < 5000; i++)
        buf_puts(&text, ",~");
    buf_puts(&text, "]\nall: [");
    for (int i = 0; i < 5000; i++)
        buf_puts(&text, "*b,");
    buf_puts(&text, "]\n");
    ck_assert(!kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.yml"));
    ck_assert_str_eq(kv_test_findings(&t),
                     "error[bad-source] f.yml: it expands to too much: long names or many aliases\n");
    buf_fini(&text);
}
END_TEST

START_TEST(merged_maps_do_not_expand_without_bound)
{
    struct buf text = { 0 };
    buf_puts(&text, "base: &b {");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "k%d: 1,", i);
    buf_puts(&text, "}\nall: [");
    for (int i = 0; i < 5000; i++)
        buf_puts(&text, "{<<: *b},");
    buf_puts(&text, "]\n");
    ck_assert(!kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.yml"));
    ck_assert_str_eq(kv_test_findings(&t),
                     "error[bad-source] f.yml: line 2: its aliases expand to too much\n");
    ck_assert_uint_lt(arena_size(t.arena), 64 << 20);
    buf_fini(&text);
}
END_TEST

/* One long name above many short ones is quadratic in bytes. */
START_TEST(long_names_do_not_expand_without_bound)
{
    struct buf text = { 0 };
    buf_printf(&text, "{\"%0*d\":[", 100000, 0);
    for (int i = 0; i < 50000; i++)
        buf_puts(&text, "1,");
    buf_puts(&text, "1]}");
    ck_assert(!kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.json"));
    ck_assert_str_eq(kv_test_findings(&t),
                     "error[bad-source] f.json: it expands to too much: long names or many aliases\n");
    ck_assert_uint_lt(arena_size(t.arena), 64 << 20);
    buf_fini(&text);
}
END_TEST

START_TEST(depth_is_bounded_in_the_text_and_through_aliases)
{
    static const char *const opening[] = { "[", "{a: ", "- ", "{\"a\":" };
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++) {
        struct buf text = { 0 };
        buf_puts(&text, i == 2 ? "" : "{\"a\":");
        for (int j = 0; j < 20000; j++)
            buf_puts(&text, opening[i]);
        ck_assert(!kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.yml"));
        ck_assert_ptr_nonnull(strstr(kv_test_findings(&t), "it is nested too deeply"));
        buf_fini(&text);
        kv_test_fini(&t);
        kv_test_init(&t);
    }
    struct buf text = { 0 };
    buf_puts(&text, "a0: &a0 {k: 1}\n");
    for (int i = 1; i < 100; i++)
        buf_printf(&text, "a%d: &a%d {k: *a%d}\n", i, i, i - 1);
    ck_assert(!kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.yml"));
    ck_assert_str_eq(kv_test_findings(&t), "error[bad-source] f.yml: its aliases are nested too deeply\n");
    buf_fini(&text);
}
END_TEST

START_TEST(the_deepest_file_allowed_is_read)
{
    struct buf text = { 0 };
    for (int i = 0; i < KV_MAX_DEPTH; i++)
        buf_puts(&text, "{a: ");
    buf_puts(&text, "x");
    for (int i = 0; i < KV_MAX_DEPTH; i++)
        buf_puts(&text, "}");
    ck_assert(kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.yml"));
    ck_assert_uint_eq(t.snapshot.n, 1);
    ck_assert_uint_eq(t.snapshot.pairs[0].key.n, 7 + 2 * KV_MAX_DEPTH);
    buf_fini(&text);
}
END_TEST

START_TEST(directives_are_bounded)
{
    struct buf text = { 0 };
    for (int i = 0; i < 30000; i++)
        buf_printf(&text, "%%TAG !a%d! b\n", i);
    buf_puts(&text, "---\na: 1\n");
    ck_assert(!kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.yml"));
    ck_assert_str_eq(kv_test_findings(&t), "error[bad-source] f.yml: it has too many directives\n");
    buf_fini(&text);
}
END_TEST

START_TEST(a_large_honest_file_is_within_all_bounds)
{
    struct buf text = { 0 };
    buf_puts(&text, "http:\n  routers:\n");
    for (int i = 20000; i-- > 0;)
        buf_printf(&text,
                   "    r%d:\n      rule: x\n      service: s\n      entryPoints: [web]\n      tls: {}\n", i);
    ck_assert(kv_test_read(&t, buf_str(&text), KV_FORMAT_FILE, "f.yml"));
    ck_assert_uint_eq(t.snapshot.n, 80000);
    ck_assert_uint_eq(diag_total(t.diag), 0);
    ck_assert(
        str_eq(kv_snapshot_get(&t.snapshot, STR("traefik/http/routers/r19999/entryPoints/0")), STR("web")));
    buf_fini(&text);
}
END_TEST

START_TEST(another_root_stands_before_the_paths)
{
    ck_assert(kv_read(t.arena, STR("a: 1"), KV_FORMAT_FILE, STR(""), STR("x/y"), &t.snapshot, t.diag));
    ck_assert_str_eq(kv_test_show(&t), "x/y/a=1\n");
    ck_assert(str_eq(t.snapshot.root, STR("x/y")));
    ck_assert(!kv_read(t.arena, STR("a: ["), KV_FORMAT_FILE, STR(""), STR("x/y"), &t.snapshot, t.diag));
    ck_assert_ptr_nonnull(strstr(kv_test_findings(&t), "error[bad-source] input: "));
}
END_TEST

/* The same configuration in both languages, as a user would write it. */
START_TEST(yaml_and_json_of_one_configuration_agree)
{
    ck_assert(kv_read_path(t.arena, TESTDATA "/kv/routes.yml", STR("traefik"), &t.snapshot, t.diag));
    const char *yaml = kv_test_show(&t);
    ck_assert(kv_read_path(t.arena, TESTDATA "/kv/routes.json", STR("traefik"), &t.snapshot, t.diag));
    ck_assert_str_eq(kv_test_show(&t), yaml);
    ck_assert_str_eq(kv_test_findings(&t), "");
    ck_assert(str_eq(kv_snapshot_get(&t.snapshot, STR("traefik/http/middlewares/limit/rateLimit/average")),
                     STR("100")));
    ck_assert(
        str_eq(kv_snapshot_get(&t.snapshot, STR("traefik/http/services/api/loadBalancer/servers/1/url")),
               STR("http://10.0.0.2:8080")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kv/file");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, a_file_becomes_the_keys_that_a_store_would_hold, 0,
                        sizeof files / sizeof *files);
    tcase_add_loop_test(all, json_is_read_as_such_and_braced_yaml_still_works, 0,
                        sizeof json_files / sizeof *json_files);
    tcase_add_test(all, a_json_name_may_be_long);
    tcase_add_loop_test(all, a_file_that_cannot_be_read_is_refused_with_its_line, 0,
                        sizeof faults / sizeof *faults);
    tcase_add_test(all, a_name_that_no_key_can_hold_is_left_out_with_all_below_it);
    tcase_add_test(all, of_names_that_occur_twice_in_a_map_the_last_one_counts);
    tcase_add_test(all, names_that_occur_twice_in_json_are_found_once);
    tcase_add_test(all, values_do_not_appear_in_findings);
    tcase_add_loop_test(all, aliases_do_not_expand_without_bound, 0, 3);
    tcase_add_test(all, nodes_without_keys_are_counted_too);
    tcase_add_test(all, merged_maps_do_not_expand_without_bound);
    tcase_add_test(all, long_names_do_not_expand_without_bound);
    tcase_add_test(all, depth_is_bounded_in_the_text_and_through_aliases);
    tcase_add_test(all, the_deepest_file_allowed_is_read);
    tcase_add_test(all, directives_are_bounded);
    tcase_add_test(all, a_large_honest_file_is_within_all_bounds);
    tcase_add_test(all, another_root_stands_before_the_paths);
    tcase_add_test(all, yaml_and_json_of_one_configuration_agree);
    return kv_test_run(srunner_create(suite));
}
