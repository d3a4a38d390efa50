/* Routers of the model: what each needs, what takes one out and leaves its neighbours in, and their order. */
#include "model_case.h"

#define ROUTER(name)      "http/routers/" name "/"
#define RULED(name, rule) ROUTER(name) "rule = " rule "\n" ROUTER(name) "service = s\n"
#define USUAL(name)       RULED(name, "Host(`a`)")

static const struct {
    const char *tree, *want;
} cases[] = {
    { "", "" },
    { USUAL("r"), "r@etcd 9 web,websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "entrypoints = websecure", "r@etcd 9 websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "entrypoints = websecure, web,websecure", "r@etcd 9 web,websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "entrypoints = traefik", "r@etcd 9 traefik s@etcd\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = s@etcd", "r@etcd 9 web,websecure s@etcd\n" },
    /* Priorities. */
    { USUAL("r") ROUTER("r") "priority = 0", "r@etcd 9 web,websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "priority = -5", "r@etcd -5 web,websecure s@etcd\n" },
    { ROUTER("r") "rule = Host(`a`) ||\\n Host(`\xc3\xa9`[0:])",
      "out 1\n! bad-object routers/r\n! rule-syntax routers/r/rule\n" },
    { RULED("r", " Host( `a` )\\s"), "r@etcd 12 web,websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "priority = 9223372036854774807",
      "r@etcd 9223372036854774807 web,websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "priority = 9223372036854774808", "out 1\n! bad-value routers/r/priority\n" },
    /* The parts that a router needs. */
    { ROUTER("r") "service = s", "out 1\n! bad-object routers/r\n" },
    { RULED("r", ""), "out 1\n! rule-syntax routers/r/rule\n" },
    { RULED("r", "Host(a)"), "out 1\n! rule-syntax routers/r/rule\n" },
    { RULED("r", "Hots(`a`)"), "out 1\n! rule-matcher routers/r/rule\n" },
    { RULED("r", "Method(`GET`)"), "r@etcd 13 web,websecure s@etcd\n" },
    { ROUTER("r") "rule = Host(`a`)", "out 1\n! bad-object routers/r\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = ", "out 1\n! bad-object routers/r/service\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = x",
      "out 1\n! missing-reference routers/r/service\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = S",
      "out 1\n! missing-reference routers/r/service\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = s@file",
      "out 1\n! missing-reference routers/r/service\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = noop@internal",
      "r@etcd 9 web,websecure noop@internal\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = ping@internal",
      "out 1\n! missing-reference routers/r/service\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = api@internal",
      "out 1\n! not-supported routers/r/service\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = zzz@internal",
      "out 1\n! missing-reference routers/r/service\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = e\nhttp/services/e = true",
      "out 1\n! broken-reference routers/r/service\n! bad-object services/e\n" },
    /* A value that does not parse: told by the tree, the router is just out. */
    { USUAL("r") ROUTER("r") "priority = x", "out 1\n" },
    /* Never matching is a warning: the router stays and has no conjuncts. */
    { RULED("r", "Host(`a:80`)"), "r@etcd 12 web,websecure s@etcd\n! rule-never routers/r/rule\n" },
    { USUAL("r") ROUTER("r") "tls = true", "r@etcd 9 web,websecure s@etcd, tls default\n" },
    { USUAL("r") ROUTER("r") "tls = false", "r@etcd 9 web,websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "parentrefs = p",
      "out 1\n! broken-reference routers/r\n! missing-reference routers/r/parentrefs\n" },
    { USUAL("r") ROUTER("r") "rulesyntax = v2", "r@etcd 9 web,websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "rulesyntax = V2", "r@etcd 9 web,websecure s@etcd\n" },
    { USUAL("r") ROUTER("r") "observability/metrics = false", "r@etcd 9 web,websecure s@etcd\n" },
    /* Entry points. */
    { USUAL("r") ROUTER("r") "entrypoints = web, wbe",
      "r@etcd 9 web s@etcd\n! unknown-entry-point routers/r/entrypoints\n" },
    { USUAL("r") ROUTER("r") "entrypoints = Web",
      "out 1\n! bad-object routers/r/entrypoints\n! unknown-entry-point routers/r/entrypoints\n" },
    { USUAL("r") ROUTER("r") "entrypoints = udp",
      "out 1\n! bad-object routers/r/entrypoints\n! unknown-entry-point routers/r/entrypoints\n" },
    /* All faults at once. */
    { ROUTER("r") "rule = Host(a)\n" ROUTER("r") "service = x\n" ROUTER("r") "middlewares = y\n" ROUTER(
          "r") "tls = true",
      "out 1\n! missing-reference routers/r/middlewares\n! rule-syntax routers/r/rule\n"
      "! missing-reference routers/r/service\n" },
    /* One bad router takes no other down. */
    { USUAL("a") ROUTER("b") "rule = Host(\n" USUAL("c"),
      "a@etcd 9 web,websecure s@etcd\nc@etcd 9 web,websecure s@etcd\nout 1\n"
      "! bad-object routers/b\n! rule-syntax routers/b/rule\n! tie routers/c\n" },
    /* Names with '@': the part between the first two is the provider of bare references, as in Traefik. */
    { USUAL("bad@name"), "out 1\n! missing-reference routers/bad@name/service\n" },
    { ROUTER("r@x") "rule = Host(`a`)\n" ROUTER("r@x") "service = s@etcd",
      "r@x@etcd 9 web,websecure s@etcd\n" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = v@1@etcd\n"
                                                   "http/services/v@1/loadbalancer/servers/0/url = http://h",
      "r@etcd 9 web,websecure v@1@etcd\n" },
    /* Order: priority, then name. */
    { USUAL("a") ROUTER("a") "priority = 1\n" USUAL("b") ROUTER("b") "priority = 3\n" USUAL("c")
          ROUTER("c") "priority = 2",
      "b@etcd 3 web,websecure s@etcd\nc@etcd 2 web,websecure s@etcd\na@etcd 1 web,websecure s@etcd\n" },
    { RULED("b", "Host(`a`)") RULED("a", "Path(`/`)"),
      "a@etcd 9 web,websecure s@etcd\nb@etcd 9 web,websecure s@etcd\n" },
};

START_TEST(routers_come_out_as_written)
{
    struct model_case c = model_case_of(cases[_i].tree);
    struct buf out = { 0 };
    buf_puts(&out, "");
    put_routers(&out, c.model);
    put_findings(&out, c.diag);
    ck_assert_msg(str_eq(buf_str(&out), str_c(cases[_i].want)), "%s\nis\n%swanted\n%s", cases[_i].tree, out.p,
                  cases[_i].want);
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

START_TEST(a_router_knows_its_rule_and_service)
{
    struct model_case c = model_case_of(RULED("r", "Host(`A`) && (Path(`/x`) || Path(`/y`))"));
    ck_assert_uint_eq(c.model->n_routers, 1);
    const struct model_router *r = &c.model->routers[0];
    ck_assert(str_eq(r->rule, STR("Host(`A`) && (Path(`/x`) || Path(`/y`))")));
    ck_assert(str_eq(r->key, STR("traefik/http/routers/r")));
    ck_assert_uint_eq(r->dnf.n, 2);
    ck_assert_uint_eq(r->dnf.conjuncts[1].n, 2);
    ck_assert(str_eq(r->dnf.conjuncts[1].literals[0].args[0], STR("a")));
    ck_assert_ptr_eq(r->service, &c.model->services[0]);
    ck_assert(r->service->used);
    model_case_fini(&c);
}
END_TEST

START_TEST(a_rule_that_never_matches_has_no_conjuncts)
{
    struct model_case c = model_case_of(RULED("r", "Host(`a`) && Host(`b`)"));
    ck_assert_uint_eq(c.model->n_routers, 1);
    ck_assert_uint_eq(c.model->routers[0].dnf.n, 0);
    ck_assert_int_eq(first_finding(&c)->code, FINDING_RULE_NEVER);
    model_case_fini(&c);
}
END_TEST

static const struct {
    const char *tree;
    const char *message, *expected, *nearest;
} told[] = {
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER(
          "r") "service = whoam\nhttp/services/whoami/loadbalancer/strategy = wrr",
      "there is no service whoam@etcd", "", "whoami" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER(
          "r") "service = whoam@etcd\nhttp/services/whoami/loadbalancer/strategy = wrr",
      "there is no service whoam@etcd", "", "whoami@etcd" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = S", "there is no service S@etcd", "", "s" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = s@docker", "no such provider", "", "s@etcd" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = quite-another", "no service quite-another@etcd",
      "", "" },
    { USUAL("r") ROUTER("r") "middlewares = atuh\nhttp/middlewares/auth/stripprefix/prefixes = /a",
      "there is no middleware atuh@etcd", "", "auth" },
    { USUAL("r") ROUTER("r") "entrypoints = webb,web", "there is no such entry point", "", "web" },
    { USUAL("r") ROUTER("r") "entrypoints = udp,web", "of UDP", "", "" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = ping@internal",
      "ping@internal is not there without the static setting ping", "", "" },
    { ROUTER("r") "rule = Host(`a`)\n" ROUTER("r") "service = e\nhttp/services/e/loadbalancer/strategy = x",
      "see traefik/http/services/e", "", "" },
    { USUAL("r") USUAL("q"), "q@etcd has the same rule and priority", "", "" },
};

START_TEST(findings_help)
{
    struct model_case c = model_case_of(told[_i].tree);
    const struct finding *f = first_finding(&c);
    ck_assert_msg(has(f->message, told[_i].message), "%s", f->message.p);
    ck_assert_msg(has(f->expected, told[_i].expected), "%s", f->expected.p);
    ck_assert_msg(str_eq(f->nearest, str_c(told[_i].nearest)), "%s", f->nearest.p);
    model_case_fini(&c);
}
END_TEST

START_TEST(file_wins_ties_and_providers_meet)
{
    const char *file = ROUTER("z") "rule = Host(`a`)\n" ROUTER("z") "service = f\n" ROUTER(
        "y") "rule = Host(`bb`)\n" ROUTER("y") "service = s@etcd\n"
                                               "http/services/f/loadbalancer/servers/0/url = http://h";
    struct model_case c =
        model_case_with(&usual_settings,
                        USUAL("a") ROUTER("b") "rule = Host(`cc`)\n" ROUTER("b") "service = f@file\n" ROUTER(
                            "c") "rule = Host(`d`)\n" ROUTER("c") "service = f",
                        file);
    struct buf out = { 0 };
    put_routers(&out, c.model);
    put_findings(&out, c.diag);
    ck_assert_str_eq(out.p, "y@file 10 web,websecure s@etcd\nb@etcd 10 web,websecure f@file\n"
                            "z@file 9 web,websecure f@file\na@etcd 9 web,websecure s@etcd\nout 1\n"
                            "! missing-reference routers/c/service\n");
    ck_assert(str_eq(first_finding(&c)->nearest, STR("f@file")));
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

static const struct {
    const char *defaults, *want; /* names of the entry points that are marked, and those that a router gets */
} marked[] = {
    { "", "web,websecure" },    { "web", "web" },     { "traefik", "traefik" },
    { "udp", "web,websecure" }, { "web udp", "web" },
};

START_TEST(default_entry_points_are_those_marked_or_all_ordinary_ones)
{
    struct entry_point entry_points[4];
    memcpy(entry_points, usual_entry_points, sizeof entry_points);
    struct str names = str_c(marked[_i].defaults);
    while (names.n) {
        struct str name = str_cut(&names, ' ');
        for (size_t i = 0; i < 4; i++)
            entry_points[i].as_default = entry_points[i].as_default || str_eq(entry_points[i].name, name);
    }
    struct settings settings = { .entry_points = entry_points, .n_entry_points = 4 };
    struct model_case c = model_case_with(&settings, USUAL("r"), NULL);
    struct buf out = { 0 };
    put_routers(&out, c.model);
    struct str want = arena_printf(c.arena, "r@etcd 9 %s s@etcd\n", marked[_i].want);
    ck_assert_str_eq(out.p, want.p);
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

START_TEST(without_default_entry_points_routers_must_name_some)
{
    struct settings settings = { .entry_points = usual_entry_points, .n_entry_points = 2 }; /* traefik, udp */
    struct model_case c =
        model_case_with(&settings, USUAL("r") USUAL("q") ROUTER("q") "entrypoints = traefik", NULL);
    ck_assert_uint_eq(c.model->n_routers, 1);
    ck_assert_uint_eq(c.model->n_routers_out, 1);
    ck_assert_int_eq(first_finding(&c)->code, FINDING_BAD_OBJECT);
    ck_assert(has(first_finding(&c)->message, "no default entry point"));
    model_case_fini(&c);
}
END_TEST

START_TEST(ties_are_told_where_the_rules_are_the_same)
{
    const char *tree = RULED("a", "Host(`A`) && Path(`/x`)") RULED("b", "Path(`/x`) && Host(`a`)")
        RULED("c", "Path(`/y`) && Host(`a`)") RULED("d", "Path(`/x`) && Host(`a`)") RULED("e", "Path(`/z`)")
            RULED("f", "Path(`/z`)") ROUTER("d") "priority = 5\n" ROUTER("e") "entrypoints = web\n" ROUTER(
                "f") "entrypoints = websecure";
    struct model_case c = model_case_of(tree);
    ck_assert_uint_eq(c.model->n_routers, 6);
    ck_assert_uint_eq(diag_total(c.diag), 1);
    ck_assert_int_eq(first_finding(&c)->code, FINDING_TIE);
    ck_assert(str_eq(first_finding(&c)->key, STR("traefik/http/routers/b")));
    ck_assert(has(first_finding(&c)->message, "a@etcd"));
    model_case_fini(&c);
}
END_TEST

START_TEST(ties_are_told_so_many_times)
{
    struct buf tree = { 0 };
    for (int i = 0; i < 1000; i++)
        buf_printf(&tree, ROUTER("r%d") "rule = Host(`a`)\n" ROUTER("r%d") "service = s\n", i, i);
    struct model_case c = model_case_of(tree.p);
    ck_assert_uint_eq(c.model->n_routers, 1000);
    ck_assert_uint_eq(diag_count(c.diag, SEVERITY_NOTE), 100);
    buf_fini(&tree);
    model_case_fini(&c);
}
END_TEST

START_TEST(rules_cannot_multiply_out_without_end)
{
    struct buf product = { 0 }, tree = { 0 };
    for (int i = 0; i < 11; i++) /* paths that are prefixes of each other: 2,048 conjuncts, 22,528 literals */
        buf_printf(&product, "(PathPrefix(`/%0*d`)||PathPrefix(`/%0*d`))&&", i + 1, 0, i + 2, 0);
    for (int i = 0; i < 150; i++)
        buf_printf(&tree, ROUTER("r%d") "rule = %sPathPrefix(`/`)\n" ROUTER("r%d") "service = s\n", i,
                   product.p, i);
    buf_puts(&tree, USUAL("z"));
    struct model_case c = model_case_of(tree.p);
    ck_assert_uint_gt(c.model->n_routers_out, 10);
    ck_assert_uint_gt(c.model->n_routers, 50);
    ck_assert_uint_eq(c.model->n_routers + c.model->n_routers_out, 151);
    ck_assert(str_eq(c.model->routers[c.model->n_routers - 1].name, STR("z@etcd"))); /* ordinary ones stay */
    ck_assert_int_eq(first_finding(&c)->code, FINDING_RULE_TOO_LARGE);
    buf_fini(&product);
    buf_fini(&tree);
    model_case_fini(&c);
}
END_TEST

START_TEST(a_missing_service_is_cheap_however_often)
{
    struct buf tree = { 0 };
    for (int i = 0; i < 3000; i++)
        buf_printf(&tree,
                   ROUTER("r%d") "rule = Host(`a`)\n" ROUTER(
                       "r%d") "service = service-x%d\n"
                              "http/services/service-y%d/loadbalancer/strategy = wrr\n",
                   i, i, i, i);
    struct model_case c = model_case_of(tree.p);
    ck_assert_uint_eq(c.model->n_routers_out, 3000);
    ck_assert(first_finding(&c)->nearest.n > 0);
    ck_assert_uint_eq(diag_get(c.diag, 999)->nearest.n, 0);
    buf_fini(&tree);
    model_case_fini(&c);
}
END_TEST

START_TEST(the_revision_is_that_of_the_store)
{
    struct model_case c = model_case_of("");
    ck_assert_int_eq(c.model->revision, c.etcd.tree->revision);
    ck_assert_ptr_eq(c.model->settings, &usual_settings);
    c.etcd.tree->revision = 77;
    const struct tree *trees[] = { c.file.tree, c.etcd.tree };
    ck_assert_int_eq(model_build(c.arena, trees, 2, &usual_settings, c.diag)->revision, 77);
    struct model *empty = model_build(c.arena, NULL, 0, &usual_settings, c.diag);
    ck_assert_uint_eq(empty->n_routers + empty->n_services, 0);
    model_case_fini(&c);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { routers_come_out_as_written, ROWS(cases) },
        { a_router_knows_its_rule_and_service, 0 },
        { a_rule_that_never_matches_has_no_conjuncts, 0 },
        { findings_help, ROWS(told) },
        { file_wins_ties_and_providers_meet, 0 },
        { default_entry_points_are_those_marked_or_all_ordinary_ones, ROWS(marked) },
        { without_default_entry_points_routers_must_name_some, 0 },
        { ties_are_told_where_the_rules_are_the_same, 0 },
        { ties_are_told_so_many_times, 0 },
        { rules_cannot_multiply_out_without_end, 0 },
        { a_missing_service_is_cheap_however_often, 0 },
        { the_revision_is_that_of_the_store, 0 },
        { NULL, 0 },
    };
    return run_suite("model", rows);
}
