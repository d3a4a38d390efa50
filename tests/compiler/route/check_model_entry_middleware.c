/* Middlewares of entry points: in front of those of each router, which may be parted by them. */
#include "middleware_case.h"

/* Entry points "a" and "b" with middlewares, "c" without. */
static struct model_case with_entry_point_middlewares(const char *of_a, const char *tree, const char *file)
{
    static struct str names_a[1], names_b[] = { { "second@file", 11 } };
    static struct entry_point entry_points[3];
    static struct settings settings;
    names_a[0] = str_c(of_a);
    entry_points[0] = (struct entry_point){ .name = STR("a"), .middlewares = names_a, .n_middlewares = 1 };
    entry_points[1] = (struct entry_point){ .name = STR("b"), .middlewares = names_b, .n_middlewares = 1 };
    entry_points[2] = (struct entry_point){ .name = STR("c") };
    settings = (struct settings){ .entry_points = entry_points, .n_entry_points = 3 };
    return model_case_with(&settings, tree, file);
}

#define SECOND MW("second") "stripprefix/prefixes = /2\n"
#define FIRST  MW("first") "ratelimit/average = 1\n"

static const struct {
    const char *of_a, *tree, *want;
} entered[] = {
    /* Alone on its entry point a router keeps its name; the entry point's come first. */
    { "first@file", USE("own") LIMIT("own") "http/routers/r/entrypoints = a",
      "r@etcd 9 a s@etcd first@file=limit:1/1000ms:1:ip own@etcd=limit:10/1000ms:1:ip\n" },
    { "first@file", USE("own") LIMIT("own") "http/routers/r/entrypoints = c",
      "r@etcd 9 c s@etcd own@etcd=limit:10/1000ms:1:ip\n" },
    /* On several it is parted. */
    { "first@file", USE("own") LIMIT("own"),
      "a-r@etcd 9 a s@etcd first@file=limit:1/1000ms:1:ip own@etcd=limit:10/1000ms:1:ip\n"
      "b-r@etcd 9 b s@etcd second@file=strip:/2 own@etcd=limit:10/1000ms:1:ip\n"
      "r@etcd 9 c s@etcd own@etcd=limit:10/1000ms:1:ip\n" },
    { "first@file", USE("own") LIMIT("own") "http/routers/r/entrypoints = b,a",
      "a-r@etcd 9 a s@etcd first@file=limit:1/1000ms:1:ip own@etcd=limit:10/1000ms:1:ip\n"
      "b-r@etcd 9 b s@etcd second@file=strip:/2 own@etcd=limit:10/1000ms:1:ip\n" },
    /* What one lacks, no router is served without. */
    { "gone@file", USE("own") LIMIT("own"),
      "b-r@etcd 9 b s@etcd second@file=strip:/2 own@etcd=limit:10/1000ms:1:ip\n"
      "r@etcd 9 c s@etcd own@etcd=limit:10/1000ms:1:ip\nout 1\n"
      "! missing-reference entrypoints.a.http.middlewares\n! broken-reference "
      "entrypoints.a.http.middlewares\n" },
    { "bad@file", USE("own") LIMIT("own") "http/routers/r/entrypoints = a",
      "out 1\n! broken-reference entrypoints.a.http.middlewares\n! broken-reference "
      "entrypoints.a.http.middlewares\n"
      "! not-supported middlewares/bad/grpcweb\n" },
    /* Told only when a router needs it, and once. */
    { "gone@file",
      "http/routers/x/rule = Path(`/`)\nhttp/routers/x/service = s\nhttp/routers/x/entrypoints = c",
      "x@etcd 9 c s@etcd\n" },
    /* Bare names are of the router's provider. */
    { "own",
      "http/routers/r/rule = Path(`/`)\nhttp/routers/r/service = s\nhttp/routers/r/entrypoints = a\n" LIMIT(
          "own"),
      "r@etcd 9 a s@etcd own@etcd=limit:10/1000ms:1:ip\n" },
    /* Two strips, one of them of the entry point. */
    { "first@file", USE("own") STRIP("own"),
      "a-r@etcd 9 a s@etcd first@file=limit:1/1000ms:1:ip own@etcd=strip:/own\n"
      "b-r@etcd 9 b s@etcd second@file=strip:/2 own@etcd=strip:/own\n"
      "r@etcd 9 c s@etcd own@etcd=strip:/own\n" },
};

START_TEST(entry_points_put_middlewares_in_front)
{
    const char *file = SECOND FIRST;
    if (has(str_c(entered[_i].of_a), "bad"))
        file = SECOND FIRST MW("bad") "grpcweb/alloworigins = u\n";
    struct model_case c = with_entry_point_middlewares(entered[_i].of_a, entered[_i].tree, file);
    struct buf out = { 0 };
    put_routers(&out, c.model);
    put_findings(&out, c.diag);
    ck_assert_msg(str_eq(buf_str(&out), str_c(entered[_i].want)), "%s\nis\n%swanted\n%s", entered[_i].tree,
                  out.p, entered[_i].want);
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

START_TEST(a_fault_of_an_entry_point_is_told_once_for_all_routers)
{
    struct buf tree = { 0 };
    for (int i = 0; i < 50; i++)
        buf_printf(&tree, "http/routers/r%d/rule = Path(`/%d`)\nhttp/routers/r%d/service = s\n", i, i, i);
    struct model_case c = with_entry_point_middlewares("gone@file", tree.p, SECOND);
    ck_assert_uint_eq(c.model->n_routers, 100);
    ck_assert_uint_eq(c.model->n_routers_out, 50);
    ck_assert_uint_eq(diag_total(c.diag), 2);
    buf_fini(&tree);
    model_case_fini(&c);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { entry_points_put_middlewares_in_front, ROWS(entered) },
        { a_fault_of_an_entry_point_is_told_once_for_all_routers, 0 },
        { NULL, 0 },
    };
    return run_suite("model_entry_middleware", rows);
}
