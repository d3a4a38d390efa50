#include "rules.h"

static const struct {
    const char *rule;
    enum conjunct_class class;
    const char *label;
    enum host_kind kind;
    const char *host, *path;
    bool exact;
    size_t rest;
} rows[] = {
    { "Host(`A.test.`) && Path(`/x`)", CLASS_PLAIN, "", HOST_EXACT, "a.test", "/x", true, 0 },
    { "Host(`*.a.test`)", CLASS_PLAIN, "", HOST_WILD, "a.test", "/", false, 0 },
    { "PathPrefix(`/m`)", CLASS_PLAIN, "", HOST_ANY, "", "/m", false, 0 },
    { "Method(`get`) && PathPrefix(`/m`)", CLASS_METHOD, "GET", HOST_ANY, "", "/m", false, 0 },
    { "Header(`X-Tenant`, `t 1`)", CLASS_LABEL, "x-tenant=t%201", HOST_ANY, "", "/", false, 0 },
    { "Host(`a.test`) && Method(`GET`) && Header(`X-A`, `1`)", CLASS_LABEL, "x-a=1", HOST_EXACT, "a.test",
      "/", false, 1 },
    { "HeaderRegexp(`X-A`, `^1`)", CLASS_LABEL, "x-a:", HOST_ANY, "", "/", false, 1 },
    { "HeaderRegexp(`X-A`, `^1`) && Query(`k`, `v`)", CLASS_LABEL, "?k=v", HOST_ANY, "", "/", false, 1 },
    { "Query(`k`)", CLASS_LABEL, "?k=", HOST_ANY, "", "/", false, 0 },
    { "Query(`k=`, `v&`)", CLASS_LABEL, "?k%3D=v%26", HOST_ANY, "", "/", false, 0 },
    { "QueryRegexp(`k`, `1`)", CLASS_LABEL, "?k:", HOST_ANY, "", "/", false, 1 },
    { "!Header(`X-A`, `1`)", CLASS_FULL, "", HOST_ANY, "", "/", false, 1 },
    { "Path(`/x`) && !Query(`k`)", CLASS_FULL, "", HOST_ANY, "", "/x", true, 1 },
    { "ClientIP(`10.0.0.0/8`)", CLASS_SHORT, "", HOST_ANY, "", "/", false, 1 },
    { "!Method(`GET`) && Path(`/x`)", CLASS_SHORT, "", HOST_ANY, "", "/x", true, 1 },
    { "Method(`GET`) && !Path(`/x`)", CLASS_SHORT, "", HOST_ANY, "", "/", false, 2 },
    { "HostRegexp(`^[a-z0-9-]+\\.tenant7\\.example\\.com$`)", CLASS_SHORT, "", HOST_SUFFIX,
      "tenant7.example.com", "/", false, 1 },
    { "HostRegexp(`^[a-z]+\\.a\\.test$`)", CLASS_SHORT, "", HOST_SUFFIX, "a.test", "/", false, 1 },
    { "HostRegexp(`^shop-[0-9]+`)", CLASS_SHORT, "", HOST_PREFIX, "shop-", "/", false, 1 },
    { "HostRegexp(`[0-9]`)", CLASS_SHORT, "", HOST_ANY, "", "/", false, 1 },
    { "HostRegexp(`^[a-z]+\\.a\\.test$`) && Header(`X-A`, `1`)", CLASS_LABEL, "x-a=1", HOST_ANY, "", "/",
      false, 1 },
    { "PathRegexp(`^/api/v[0-9]`)", CLASS_SHORT, "", HOST_ANY, "", "/api/v", false, 1 },
    { "PathRegexp(`api`)", CLASS_SHORT, "", HOST_ANY, "", "/", false, 1 },
    { "PathRegexp(`^/a b[0-9]`)", CLASS_SHORT, "", HOST_ANY, "", "/a", false, 1 },
};

START_TEST(a_conjunct_is_looked_up_by_what_tells_most)
{
    struct arena *arena = arena_create();
    struct conjunct c;
    conjunct_init(&c, arena, conjunct_of(arena, rows[_i].rule));
    ck_assert_msg(c.class == rows[_i].class, "%s: class %d", rows[_i].rule, (int)c.class);
    ck_assert_msg(str_eq(c.label, str_c(rows[_i].label)), "%s: label %.*s", rows[_i].rule, STR_ARG(c.label));
    ck_assert_msg(c.host_kind == rows[_i].kind && str_eq(c.host, str_c(rows[_i].host)), "%s: host %d %.*s",
                  rows[_i].rule, (int)c.host_kind, STR_ARG(c.host));
    ck_assert_msg(str_eq(c.span.path, str_c(rows[_i].path)) && c.span.exact == rows[_i].exact,
                  "%s: path %.*s", rows[_i].rule, STR_ARG(c.span.path));
    ck_assert_msg(c.rest.n == rows[_i].rest, "%s: %zu remain", rows[_i].rule, c.rest.n);
    struct rule_dnf dnf = { conjunct_of(arena, rows[_i].rule), 1 };
    ck_assert_int_eq(dnf_is_decided(&dnf), c.class == CLASS_PLAIN || c.class == CLASS_METHOD);
    conjunct_fini(&c);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = { { a_conjunct_is_looked_up_by_what_tells_most, ROWS(rows) }, { 0 } };
    return run_suite("conjunct", tests);
}
