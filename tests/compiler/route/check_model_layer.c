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
    { "http/routers/top/rule = Host(`a.test`)\nhttp/routers/top/priority = 7\nhttp/routers/top/entryPoints = web\n"
      "http/routers/low/rule = PathPrefix(`/`)\nhttp/routers/low/service = s\nhttp/routers/low/parentRefs = top\n"
      "http/routers/high/rule = Path(`/a`)\nhttp/routers/high/priority = 50\nhttp/routers/high/service = s\n"
      "http/routers/high/parentRefs = top\n",
      "high@etcd 7 web s@etcd\nlow@etcd 7 web s@etcd\ntop@etcd (no child) 7 web not-found@internal\n" },
    { "http/routers/top/rule = PathPrefix(`/api`)\nhttp/routers/top/middlewares = cut\n"
      "http/middlewares/cut/stripPrefix/prefixes = /api\n"
      "http/routers/kid/rule = Path(`/x`)\nhttp/routers/kid/service = s\nhttp/routers/kid/parentRefs = top\n",
      "out 2\n! not-supported routers/kid\n! bad-object routers/top\n" },
    { "http/routers/kid/rule = Path(`/x`)\nhttp/routers/kid/service = s\nhttp/routers/kid/parentRefs = nobody\n",
      "out 1\n! broken-reference routers/kid\n! missing-reference routers/kid/parentRefs\n" },
    { "http/routers/a/rule = Path(`/x`)\nhttp/routers/a/parentRefs = b\n"
      "http/routers/b/rule = Path(`/x`)\nhttp/routers/b/parentRefs = a\n",
      "out 2\n! broken-reference routers/a\n! broken-reference routers/b\n" },
    { "http/routers/t/rule = Path(`/t`)\nhttp/routers/t/service = noop@internal\n", "t@etcd 10 web,websecure noop@internal\n" },
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

int main(void)
{
    const struct test_row tests[] = { { routers_behind_routers, ROWS(rows) }, { 0 } };
    return run_suite("model_layer", tests);
}
