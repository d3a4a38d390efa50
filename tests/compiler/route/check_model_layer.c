/* Routers behind routers, and services without a tree. */
#include "model_case.h"

static const struct {
    const char *tree;
    const char *routers; /* put_routers, and findings */
} rows[] = {
    { "http/routers/top/rule = Host(`a.test`)\n"
      "http/routers/kid/rule = Path(`/x`)\nhttp/routers/kid/service = s\nhttp/routers/kid/parentRefs = top\n",
      "kid@etcd 14 web,websecure s@etcd\n"
      "top@etcd (no child) 14 web,websecure not-found@internal\n" },
    { "http/routers/top/rule = Host(`a.test`)\nhttp/routers/top/priority = 7\nhttp/routers/top/entryPoints = "
      "web\n"
      "http/routers/low/rule = PathPrefix(`/`)\nhttp/routers/low/service = s\nhttp/routers/low/parentRefs = "
      "top\n"
      "http/routers/high/rule = Path(`/a`)\nhttp/routers/high/priority = 50\nhttp/routers/high/service = s\n"
      "http/routers/high/parentRefs = top\n",
      "high@etcd 7 web s@etcd\nlow@etcd 7 web s@etcd\ntop@etcd (no child) 7 web not-found@internal\n" },
    { "http/routers/top/rule = PathPrefix(`/api`)\nhttp/routers/top/middlewares = cut\n"
      "http/middlewares/cut/stripPrefix/prefixes = /api\n"
      "http/routers/kid/rule = Path(`/x`)\nhttp/routers/kid/service = s\nhttp/routers/kid/parentRefs = top\n",
      "out 2\n! not-supported routers/kid\n! bad-object routers/top\n" },
    { "http/routers/kid/rule = Path(`/x`)\nhttp/routers/kid/service = s\nhttp/routers/kid/parentRefs = "
      "nobody\n",
      "out 1\n! broken-reference routers/kid\n! missing-reference routers/kid/parentRefs\n" },
    { "http/routers/a/rule = Path(`/x`)\nhttp/routers/a/parentRefs = b\n"
      "http/routers/b/rule = Path(`/x`)\nhttp/routers/b/parentRefs = a\n",
      "out 2\n! broken-reference routers/a\n! broken-reference routers/b\n" },
    { "http/routers/t/rule = Path(`/t`)\nhttp/routers/t/service = noop@internal\n",
      "t@etcd 10 web,websecure noop@internal\n" },
    { "http/routers/t/rule = Path(`/t`)\nhttp/routers/t/service = not-found@internal\n",
      "out 1\n! missing-reference routers/t/service\n" },
};

START_TEST(routers_behind_routers)
{
    struct model_case c = model_case_of(rows[_i].tree);
    struct buf out = { 0 };
    put_routers(&out, c.model);
    put_findings(&out, c.diag);
    ck_assert_str_eq(out.p, rows[_i].routers);
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

static void put_router(struct buf *tree, const char *name, const char *rest)
{
    buf_printf(tree, "http/routers/%s/rule = PathPrefix(`/`)\n%s", name, rest);
}

/* 33 middlewares in front and 33 behind are each within the bound, together beyond it; and the router behind
 * both looks at them. */
START_TEST(middlewares_of_all_layers_are_counted)
{
    struct buf tree = { 0 }, out = { 0 };
    buf_puts(&tree, "http/middlewares/m/headers/customResponseHeaders/X-A = 1\n");
    put_router(&tree, "one", "");
    put_router(&tree, "two", "http/routers/two/parentRefs = one\n");
    put_router(&tree, "three", "http/routers/three/parentRefs = two\nhttp/routers/three/service = s\n");
    for (int i = 0; i < 33; i++)
        buf_printf(&tree, "http/routers/one/middlewares/%d = m\nhttp/routers/two/middlewares/%d = m\n", i, i);
    struct model_case c = model_case_of(tree.p);
    put_routers(&out, c.model);
    put_findings(&out, c.diag);
    ck_assert_str_eq(
        out.p,
        "out 3\n! bad-object routers/one\n! broken-reference routers/three\n! bad-object routers/two\n");
    buf_fini(&tree);
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

/* Without a bound, layers of ten routers that all stand behind all of the layer in front are 10^12 ways. */
START_TEST(ways_are_counted)
{
    struct buf tree = { 0 };
    buf_puts(&tree, "http/routers/root/rule = Host(`a.test`)\n");
    for (int layer = 0; layer < 12; layer++)
        for (int i = 0; i < 10; i++) {
            buf_printf(&tree, "http/routers/l%02d-%d/rule = Method(`M%d-%d`)\n", layer, i, layer, i);
            buf_printf(&tree, "http/routers/l%02d-%d/service = s\n", layer, i);
            for (int j = 0; j < (layer ? 10 : 1); j++) {
                if (layer)
                    buf_printf(&tree, "http/routers/l%02d-%d/parentRefs/%d = l%02d-%d\n", layer, i, j,
                               layer - 1, j);
                else
                    buf_printf(&tree, "http/routers/l%02d-%d/parentRefs/%d = root\n", layer, i, j);
            }
        }
    struct model_case c = model_case_of(tree.p);
    struct buf out = { 0 };
    put_findings(&out, c.diag);
    ck_assert_ptr_nonnull(strstr(out.p, "! rule-too-large routers/"));
    buf_fini(&tree);
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

START_TEST(circles_behind_a_root_are_seen)
{
    struct model_case c =
        model_case_of("http/routers/root/rule = Host(`a.test`)\n"
                      "http/routers/a/rule = Path(`/x`)\nhttp/routers/a/parentRefs = root,b\n"
                      "http/routers/b/rule = Path(`/x`)\nhttp/routers/b/parentRefs = a\n");
    struct buf out = { 0 };
    put_findings(&out, c.diag);
    ck_assert_str_eq(out.p, "! bad-object routers/a\n! bad-object routers/a\n! bad-object routers/b\n! "
                            "bad-object routers/root\n");
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = { { routers_behind_routers, ROWS(rows) },
                                      { middlewares_of_all_layers_are_counted, 0 },
                                      { ways_are_counted, 0 },
                                      { circles_behind_a_root_are_seen, 0 },
                                      { 0 } };
    return run_suite("model_layer", tests);
}
