#include "../route/tree_case.h"

#include "diff/import_plan.h"
#include "suite.h"

/* The operations, a line each: phase, key, and how many keys a deletion takes. */
static void expect(const char *store, const char *wanted, bool prune, const char *want)
{
    struct tree_case a = tree_case_of(str_c(store), false), b = tree_case_of(str_c(wanted), true);
    struct import_ops ops = import_plan(a.arena, &a.snapshot, &b.snapshot, prune);
    struct buf out = { 0 };
    buf_puts(&out, "");
    for (size_t i = 0; i < ops.n; i++) {
        const struct import_op *op = &ops.p[i];
        buf_printf(&out, "%d %c %.*s", (int)op->phase,
                   op->end.n    ? '-'
                   : op->is_new ? '+'
                                : '~',
                   STR_ARG(str_from(op->key, 8)));
        if (op->n > 1)
            buf_printf(&out, " %zu", op->n);
        buf_putc(&out, '\n');
    }
    ck_assert_msg(str_eq(buf_str(&out), str_c(want)), "got:\n%s", out.p);
    buf_fini(&out);
    tree_case_fini(&a);
    tree_case_fini(&b);
}

START_TEST(only_what_differs_is_written)
{
    expect("http/routers/a/rule = x\n", "http/routers/a/rule = x\n", false, "");
    expect("http/routers/a/rule = x\n",
           "http/routers/a/rule = y\nhttp/services/s/loadBalancer/servers/0/url = u\n", false,
           "0 + http/services/s/loadBalancer/servers/0/url\n1 ~ http/routers/a/rule\n");
}
END_TEST

START_TEST(an_object_replaces_all_of_the_old_one)
{
    const char *store =
        "http/routers/a/middlewares/0 = m\nhttp/routers/a/middlewares/1 = n\nhttp/routers/a/rule = x\n"
        "http/routers/b/rule = x\n";
    expect(store, "http/routers/a/rule = x\n", false, "2 - http/routers/a/middlewares/0 2\n");
    expect(store, "http/routers/a/rule = x\n", true,
           "2 - http/routers/a/middlewares/0 2\n2 - http/routers/b/rule\n");
    /* Letters of keys may be of any case, those of names count. */
    expect("HTTP/Routers/a/Rule = x\nhttp/routers/A/rule = x\n", "http/routers/a/rule = x\n", false,
           "1 + http/routers/a/rule\n2 - HTTP/Routers/a/Rule\n");
}
END_TEST

START_TEST(no_deletion_takes_in_what_stays)
{
    expect("http/services/s/a = 1\nhttp/services/s/b = 1\nhttp/services/s/c = 1\n", "http/services/s/b = 1\n",
           false, "3 - http/services/s/a\n3 - http/services/s/c\n");
    /* etcd refuses a put of a key that the same transaction deletes. */
    expect("http/services/s/a = 1\nhttp/services/s/c = 1\n", "http/services/s/b = 1\n", false,
           "0 + http/services/s/b\n3 - http/services/s/a\n3 - http/services/s/c\n");
    /* Other things below the root are not of the tree. */
    expect("other/x = 1\nhttp/routers/a/rule = x\n", "", true, "2 - http/routers/a/rule\n");
}
END_TEST

START_TEST(lists_that_a_store_cannot_hold_are_told)
{
    struct tree_case c = tree_case_of(STR("http/middlewares/m/stripPrefixRegex/regex/0 = a{1,2}\n"
                                          "http/middlewares/n/stripPrefix/prefixes/0 = /a\n"
                                          "http/routers/r/rule = Host(`a`, `b`)\n"),
                                      true);
    struct diag *diag = diag_create(c.arena, 0);
    ck_assert_uint_eq(import_check(&c.snapshot, diag), 1);
    ck_assert(str_eq(diag_get(diag, 0)->key, STR("traefik/http/middlewares/m/stripPrefixRegex/regex/0")));
    tree_case_fini(&c);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { only_what_differs_is_written, 0 },
        { an_object_replaces_all_of_the_old_one, 0 },
        { no_deletion_takes_in_what_stays, 0 },
        { lists_that_a_store_cannot_hold_are_told, 0 },
        { NULL, 0 },
    };
    return run_suite("import plan", rows);
}
