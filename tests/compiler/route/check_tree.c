#include "route/tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "cases.h"
#include "route/tree_value.h"
#include "suite.h"
#include "tree_case.h"

static struct tree_case from_store(const char *lines)
{
    return tree_case_of(str_c(lines), false);
}

/* How many findings of a code there are; *last is the last of them. */
static size_t count(const struct tree_case *c, enum finding_code code, struct finding *last)
{
    size_t n = 0;
    for (size_t i = 0; i < diag_total(c->diag); i++)
        if (diag_get(c->diag, i)->code == code) {
            if (last)
                *last = *diag_get(c->diag, i);
            n++;
        }
    return n;
}

#define ck_str(s, text)                                                                                      \
    ck_assert_msg(str_eq((s), str_c(text)), "\"%.*s\" instead of \"%s\"", STR_ARG(s), text)

static void check_case(const char *path)
{
    struct buf file = { 0 }, got = { 0 };
    ck_assert_msg(file_read(path, 0, &file), "%s", path);
    struct str text = buf_str(&file);
    size_t at = str_search(text, STR("---\n"));
    ck_assert_msg(at != SIZE_MAX, "%s has no line of three dashes", path);
    struct tree_case c = tree_case_of(str_head(text, at), str_starts(text, STR("file\n")));
    tree_dump(&got, c.tree, c.diag);
    ck_assert_msg(str_eq(buf_str(&got), str_from(text, at + 4)), "%s gives:\n%s", path,
                  got.n ? got.p : "nothing");
    buf_fini(&got);
    buf_fini(&file);
    tree_case_fini(&c);
}

START_TEST(every_case_decodes_as_it_says)
{
    ck_assert_int_ge(each_case(TESTDATA "/route/tree", check_case), 10);
}
END_TEST

START_TEST(values_know_their_keys_and_are_not_copied)
{
    struct tree_case c = from_store("http/routers/a/rule = Path(`/a`)\n"
                                    "http/routers/a/entrypoints/0 = web\n"
                                    "http/routers/a/entrypoints/1 = admin\n"
                                    "http/routers/a/middlewares = m,n\n"
                                    "http/routers/a/tls/options = modern\n"
                                    "http/routers/b/tls = true\n");
    const struct router *a = &c.tree->routers[0];
    ck_assert_uint_eq(c.tree->n_routers, 2);
    ck_str(a->object.key, "traefik/http/routers/a");
    ck_str(a->rule.key, "traefik/http/routers/a/rule");
    ck_str(a->entry_points.key, "traefik/http/routers/a/entrypoints/0");
    ck_str(a->middlewares.key, "traefik/http/routers/a/middlewares");
    ck_str(a->tls.key, "traefik/http/routers/a/tls");
    ck_str(c.tree->routers[1].tls.key, "traefik/http/routers/b/tls");
    struct str rule = kv_snapshot_get(&c.snapshot, STR("traefik/http/routers/a/rule"));
    ck_assert_ptr_eq(a->rule.v.p, rule.p);
    ck_assert(!IS_SET(a->service) && !IS_SET(a->priority) && !IS_SET(a->parent_refs));
    ck_str(c.tree->provider, "etcd");
    ck_assert_uint_eq(c.tree->n_pairs, 6);
    tree_case_fini(&c);
}
END_TEST

START_TEST(findings_say_where_what_and_which_is_nearest)
{
    struct finding f = { 0 };
    struct tree_case c = from_store("http/routers/front/rul = x\n");
    ck_assert_uint_eq(count(&c, FINDING_UNKNOWN_KEY, &f), 1);
    ck_str(f.key, "traefik/http/routers/front/rul");
    ck_str(f.text, "traefik/http/routers/front/rul");
    ck_str(str_from(f.text, f.at), "rul");
    ck_assert_uint_eq(f.length, 3);
    ck_str(f.nearest, "rule");
    ck_str(f.message, "no key of \"router\"; router \"front\" is left out");
    tree_case_fini(&c);

    c = from_store("http/routers/front/priority = high\n");
    ck_assert_uint_eq(count(&c, FINDING_BAD_VALUE, &f), 1);
    ck_str(f.text, "high");
    ck_str(f.expected, "a whole number");
    tree_case_fini(&c);

    c = from_store("http/middlewares/m/addprefix/wrong = x\n");
    ck_assert_uint_eq(count(&c, FINDING_UNKNOWN_KEY, &f), 1);
    ck_str(f.expected, "one of prefix");
    tree_case_fini(&c);
}
END_TEST

START_TEST(secrets_are_never_shown)
{
    static const char *const lines[] = {
        "http/middlewares/m/basicauth = bob:$apr1$hush\n",
        "http/middlewares/m/basicauth/users/0/x = bob:$apr1$hush\n",
        "http/middlewares/m/basicauth/user = bob:$apr1$hush\n",
        "http/middlewares/m/ratelimit/redis = hush\n",
        "http/middlewares/m/ratelimit/redis/pasword = hush\n",
        "http/middlewares/m/ratelimit/redis/password/x = hush\n",
        "tls/certificates/0/keyfile/x = hush\n",
        "tls/certificates/0/keyfil = hush\n",
        "tls = hush\n",
    };
    for (int i = 0; i < ROWS(lines); i++) {
        struct tree_case c = from_store(lines[i]);
        struct buf b = { 0 };
        diag_print(&b, c.diag, false);
        ck_assert_msg(str_search(buf_str(&b), STR("hush")) == SIZE_MAX, "%s", b.p);
        buf_fini(&b);
        tree_case_fini(&c);
    }
}
END_TEST

START_TEST(what_findings_show_is_bounded)
{
    struct buf b = { 0 };
    buf_puts(&b, "http/routers/a/priority = ");
    for (int i = 0; i < 5000; i++)
        buf_puts(&b, "\xc3\xa4"); /* the cut must not part a character */
    buf_puts(&b, "\nhttp/routers/b/");
    for (int i = 0; i < 20000; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, " = 1\n");
    struct tree_case c = tree_case_of(buf_str(&b), false);
    ck_assert_uint_eq(c.tree->n_routers, 2);
    for (size_t i = 0; i < diag_total(c.diag); i++) {
        const struct finding *f = diag_get(c.diag, i);
        ck_assert_uint_le(f->text.n, 200);
        ck_assert_uint_le(f->key.n, 1024);
        ck_assert_uint_le(f->message.n, 300);
        ck_assert_uint_le(f->at + f->length, f->text.n);
        ck_assert(f->code != FINDING_BAD_VALUE || (f->text.n % 2 == 0 && f->text.n > 100));
    }
    ck_assert_uint_eq(diag_total(c.diag), 2);
    buf_fini(&b);
    tree_case_fini(&c);
}
END_TEST

START_TEST(endless_keys_are_left_out_and_deep_ones_end)
{
    struct buf b = { 0 };
    buf_puts(&b, "http/routers/a/rule = x\nhttp/");
    for (int i = 0; i < 70000; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, " = 1\nhttp/middlewares/m/headers/customrequestheaders");
    for (int i = 0; i < 5000; i++)
        buf_puts(&b, "/a");
    buf_puts(&b, " = 1\n");
    struct tree_case c = tree_case_of(buf_str(&b), false);
    ck_assert_uint_eq(count(&c, FINDING_BAD_STRUCTURE, NULL), 1);
    ck_assert_uint_eq(diag_total(c.diag), 1);
    ck_assert_uint_eq(c.tree->n_middlewares, 1);
    ck_assert(!c.tree->middlewares[0].object.broken);
    ck_assert(!c.tree->routers[0].object.broken);
    buf_fini(&b);
    tree_case_fini(&c);
}
END_TEST

START_TEST(other_roots_and_no_pairs_give_an_empty_tree)
{
    static const char *const lines[] = {
        "",
        "^traefik = x\n",
        "^traefik2/http/routers/a/rule = x\n",
        "^Traefik/http/routers/a/rule = x\n",
        "^/traefik/http/routers/a/rule = x\n",
        "^traefi/http/routers/a/rule = x\n",
    };
    for (int i = 0; i < ROWS(lines); i++) {
        struct tree_case c = from_store(lines[i]);
        ck_assert_uint_eq(c.tree->n_routers + c.tree->n_services + c.tree->n_middlewares, 0);
        ck_assert_uint_eq(c.tree->n_pairs, 0);
        ck_assert_uint_eq(diag_total(c.diag), 0);
        tree_case_fini(&c);
    }
}
END_TEST

START_TEST(a_root_of_several_segments_counts_as_a_whole)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct kv_pair pairs[] = { { STR("a/b/http/routers/r/rule"), STR("x") },
                               { STR("a/c/http/routers/s/rule"), STR("y") } };
    struct kv_snapshot snapshot = kv_snapshot_of(pairs, 2, STR("a/b"), STR("etcd"), diag);
    struct tree *tree = tree_decode(arena, &snapshot, diag);
    ck_assert_uint_eq(tree->n_routers, 1);
    ck_str(tree->routers[0].object.key, "a/b/http/routers/r");
    arena_destroy(arena);
}
END_TEST

/* No struct has such a field yet, so the decoder of values is called by itself. */
START_TEST(maps_keep_the_case_of_names_and_join_deeper_ones)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct kv_pair pairs[] = {
        { STR("t/http/X-Deep/A/B"), STR("deep") }, { STR("t/http/X-Deep"), STR("top") },
        { STR("t/http/Accept"), STR("one") },      { STR("t/http/accept"), STR("two") },
        { STR("t/http/5x/7/y"), STR("digits") },   { STR("t/http/empty"), STR("") },
    };
    struct kv_snapshot snapshot = kv_snapshot_of(pairs, ROWS(pairs), STR("t"), STR("etcd"), diag);
    struct keytree keys;
    keytree_init(&keys, &snapshot, diag);
    struct decoder d = { .arena = arena, .diag = diag, .keys = &keys };
    struct schema_row row = { .name = STR("headers"), .type = SCHEMA_TEXT_MAP };
    struct map_value map = { 0 };
    decode_map(&d, &row, keys.nodes.p[0].first, &map);
    static const char *const want[][2] = {
        { "5x.[7].y", "digits" }, { "Accept", "two" }, { "X-Deep", "top" },
        { "X-Deep.A.B", "deep" }, { "empty", "" },
    };
    ck_assert_uint_eq(map.n, ROWS(want));
    for (size_t i = 0; i < map.n; i++) {
        ck_str(map.v[i].name, want[i][0]);
        ck_str(map.v[i].v, want[i][1]);
    }
    ck_str(map.key, "t/http");
    ck_str(map.v[3].key, "t/http/X-Deep/A/B");
    keytree_fini(&keys);
    arena_destroy(arena);
}
END_TEST

/* Every form of name that sorts differently as a key and as a name. */
START_TEST(objects_come_in_byte_order_of_their_names)
{
    struct tree_case c =
        from_store("http/routers/web-x/rule = 1\nhttp/routers/web/rule = 1\n"
                   "http/routers/web.y/rule = 1\nhttp/routers/Web2/rule = 1\n"
                   "http/routers/7/rule = 1\nhttp/routers/web0/rule = 1\nhttp/routers/~/rule = 1\n"
                   "http/routers/web = 1\nhttp/routers/!/rule = 1\n");
    ck_assert_uint_eq(c.tree->n_routers, 8);
    for (size_t i = 1; i < c.tree->n_routers; i++)
        ck_assert_int_lt(str_cmp(c.tree->routers[i - 1].object.name, c.tree->routers[i].object.name), 0);
    tree_case_fini(&c);
}
END_TEST

START_TEST(a_flood_of_faults_is_counted_and_ends)
{
    enum { N = 20000 };
    struct buf b = { 0 };
    for (int i = 0; i < N; i++)
        buf_printf(&b, "http/routers/r%d/rulee = x\nhttp/routers/r%d/priority = y\nhttq/%d = z\n", i, i, i);
    struct tree_case c = tree_case_of(buf_str(&b), false);
    ck_assert_uint_eq(c.tree->n_routers, N);
    ck_assert_uint_eq(diag_count(c.diag, SEVERITY_ERROR), 2 * N + 1);
    for (size_t i = 0; i < N; i++)
        ck_assert(c.tree->routers[i].object.broken);
    buf_fini(&b);
    tree_case_fini(&c);
}
END_TEST

START_TEST(the_same_snapshot_gives_the_same_bytes)
{
    const char *lines = "http/routers/B/rule = 1\nhttp/routers/b/rule = 2\nhttp/Routers/b/service = s\n"
                        "http/services/s/loadbalancer/servers/0/url = u\nhttp/routers/b/wrong = 1\n";
    struct tree_case x = from_store(lines), y = from_store(lines);
    struct buf a = { 0 }, b = { 0 };
    tree_dump(&a, x.tree, x.diag);
    tree_dump(&b, y.tree, y.diag);
    ck_assert(str_eq(buf_str(&a), buf_str(&b)));
    buf_fini(&a);
    buf_fini(&b);
    tree_case_fini(&x);
    tree_case_fini(&y);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { every_case_decodes_as_it_says, 0 },
        { values_know_their_keys_and_are_not_copied, 0 },
        { findings_say_where_what_and_which_is_nearest, 0 },
        { secrets_are_never_shown, 0 },
        { what_findings_show_is_bounded, 0 },
        { endless_keys_are_left_out_and_deep_ones_end, 0 },
        { other_roots_and_no_pairs_give_an_empty_tree, 0 },
        { a_root_of_several_segments_counts_as_a_whole, 0 },
        { maps_keep_the_case_of_names_and_join_deeper_ones, 0 },
        { objects_come_in_byte_order_of_their_names, 0 },
        { a_flood_of_faults_is_counted_and_ends, 0 },
        { the_same_snapshot_gives_the_same_bytes, 0 },
        { NULL, 0 },
    };
    return run_suite("tree", rows);
}
