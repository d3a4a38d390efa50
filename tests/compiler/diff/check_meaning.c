#include "../route/model_case.h"

#include "diff/cover.h"
#include "diff/meaning.h"

/* Two trees from lines of "key = value"; what differs, a line each as diff prints it. */
static struct str told(struct arena *arena, const char *old, const char *new)
{
    struct model_case a = model_case_of(old), b = model_case_of(new);
    struct meaning_side before = { a.model, &a.etcd.snapshot }, after = { b.model, &b.etcd.snapshot };
    struct meanings meanings = meaning_of_change(arena, &before, &after);
    struct buf out = { 0 };
    meanings_print(&out, &meanings, false);
    struct str text = out.n ? arena_copy(arena, buf_str(&out)) : STR("");
    buf_fini(&out);
    model_case_fini(&a);
    model_case_fini(&b);
    return text;
}

static void expect(const char *old, const char *new, const char *want)
{
    struct arena *arena = arena_create();
    struct str got = told(arena, old, new);
    ck_assert_msg(str_eq(got, str_c(want)), "got:\n%.*s", STR_ARG(got));
    arena_destroy(arena);
}

#define ROUTER(name, rule) "http/routers/" name "/rule = " rule "\nhttp/routers/" name "/service = s\n"

START_TEST(equal_trees_say_nothing)
{
    expect(ROUTER("a", "Path(`/a`)"), ROUTER("a", "Path(`/a`)"), "");
    /* Spellings of keys and lists, and the numbers of elements, do not count. */
    expect(ROUTER("a", "Path(`/a`)") "http/middlewares/m/stripPrefix/prefixes = /a,/b\n",
           "HTTP/Routers/a/Rule = Path(`/a`)\nhttp/routers/a/Service = s\n"
           "http/middlewares/m/stripprefix/prefixes/0 = /a\nhttp/middlewares/m/stripprefix/prefixes/1 = /b\n",
           "");
}
END_TEST

START_TEST(routers_appear_change_and_vanish)
{
    expect(ROUTER("a", "Path(`/a`)"), ROUTER("b", "Path(`/b`)"),
           "- a@etcd vanishes: Path(`/a`) → s@etcd\n+ b@etcd appears: Path(`/b`) → s@etcd\n");
    expect(ROUTER("a", "Path(`/a`)"), ROUTER("a", "Path(`/b`)"), "~ a@etcd rule: Path(`/a`) → Path(`/b`)\n");
    expect(ROUTER("a", "Path(`/a`)"), ROUTER("a", "Path(`/a`)") "http/routers/a/priority = 7\n",
           "~ a@etcd priority: 10 → 7\n");
    expect(ROUTER("a", "Path(`/a`)"), ROUTER("a", "Path(`/a`)") "http/routers/a/entryPoints/0 = web\n",
           "~ a@etcd entry points: web, websecure → web\n");
    expect(ROUTER("a", "Path(`/a`)"),
           "http/routers/a/rule = Path(`/a`)\nhttp/routers/a/service = t\n"
           "http/services/t/loadbalancer/servers/0/url = http://127.0.0.1:9001\n",
           "~ a@etcd service: s@etcd → t@etcd\n+ t@etcd appears: http://127.0.0.1:9001\n");
}
END_TEST

START_TEST(a_router_in_error_is_told_from_one_that_is_gone)
{
    expect(ROUTER("a", "Path(`/a`)"), ROUTER("a", "Path("),
           "~ a@etcd is in error now (see check): Path(`/a`) → s@etcd\n");
    expect(ROUTER("a", "Path("), ROUTER("a", "Path(`/a`)"),
           "~ a@etcd is no longer in error: Path(`/a`) → s@etcd\n");
}
END_TEST

#define LIMIT         "http/middlewares/l/rateLimit/average = 5\n"
#define LIMITED(name) "http/routers/" name "/middlewares = l\n"

START_TEST(limits_are_lost_and_gained)
{
    expect(ROUTER("a", "Path(`/a`)") LIMITED("a") LIMIT, ROUTER("a", "Path(`/a`)") LIMIT,
           "~ a@etcd loses its limit: rateLimit l@etcd\n~ a@etcd middlewares: l@etcd → none\n");
    expect(ROUTER("a", "Path(`/a`)") LIMIT, ROUTER("a", "Path(`/a`)") LIMITED("a") LIMIT,
           "~ a@etcd gains a limit: rateLimit l@etcd\n~ a@etcd middlewares: none → l@etcd\n");
    expect(LIMIT, "http/middlewares/l/rateLimit/average = 9\n",
           "~ http/middlewares/l ratelimit/average: 5 → 9\n");
}
END_TEST

START_TEST(shadows_are_seen)
{
    const char *a = ROUTER("a", "Host(`x.test`) && PathPrefix(`/api/v1`)");
    const char *both = ROUTER("a", "Host(`x.test`) && PathPrefix(`/api/v1`)")
        ROUTER("b", "PathPrefix(`/api`)") "http/routers/b/priority = 900\n";
    expect(a, both,
           "~ a@etcd becomes unreachable: b@etcd takes all its requests\n"
           "+ b@etcd appears: PathPrefix(`/api`) → s@etcd\n");
    expect(both, a,
           "~ a@etcd becomes reachable: b@etcd took all its requests\n"
           "- b@etcd vanishes: PathPrefix(`/api`) → s@etcd\n");
}
END_TEST

/* Whether b takes all requests of a, b being of higher priority unless told otherwise. */
static bool shadowed(const char *a, const char *b, const char *priority)
{
    struct arena *arena = arena_create();
    struct str lines =
        arena_printf(arena,
                     "http/routers/a/rule = %s\nhttp/routers/a/service = s\nhttp/routers/b/rule = %s\n"
                     "http/routers/b/service = s\nhttp/routers/b/priority = %s\n",
                     a, b, priority);
    struct model_case c = model_case_of(lines.p);
    struct cover *cover = cover_build(arena, c.model);
    const struct model_router *found = NULL;
    for (size_t i = 0; i < c.model->n_routers; i++)
        if (str_eq(c.model->routers[i].name, STR("a@etcd")))
            found = cover_shadow(cover, &c.model->routers[i]);
    model_case_fini(&c);
    arena_destroy(arena);
    return found != NULL;
}

START_TEST(what_covers_what)
{
    static const struct {
        const char *a, *b, *priority;
        bool shadowed;
    } rows[] = {
        { "Path(`/a`)", "Path(`/a`)", "99", true },
        { "Path(`/a`)", "Path(`/a`)", "1", false },
        { "Path(`/ab`)", "PathPrefix(`/a`)", "99", true },
        { "PathPrefix(`/a`)", "Path(`/a`)", "99", false },
        { "PathPrefix(`/a`)", "PathPrefix(`/ab`)", "99", false },
        { "Host(`x`)", "Host(`X`)", "99", true },
        { "Host(`x`)", "Host(`y`)", "99", false },
        { "Host(`x`)", "PathPrefix(`/`)", "99", true },
        { "PathPrefix(`/`)", "Host(`x`)", "99", false },
        { "Host(`x`) || Host(`y`)", "Host(`y`) || Host(`x`) || Host(`z`)", "99", true },
        { "Host(`x`) || Host(`y`)", "Host(`x`)", "99", false },
        { "Host(`x`) && Method(`GET`)", "Host(`x`)", "99", true },
        { "Host(`x`)", "Host(`x`) && Method(`GET`)", "99", false },
        { "Host(`x`) && !Path(`/a`)", "Host(`x`) && !Path(`/a`)", "99", true },
        { "Host(`x`) && !Path(`/a`)", "Host(`x`) && Path(`/a`)", "99", false },
        { "Host(`a.x`)", "Host(`*.x`)", "99", true },
        { "Host(`a.b.x`)", "Host(`*.x`)", "99", false },
        /* At equal priority a rule with a host comes before one without. */
        { "Host(`x`)", "PathPrefix(`/`)", "9", false },
    };
    for (int i = 0; i < ROWS(rows); i++)
        ck_assert_msg(shadowed(rows[i].a, rows[i].b, rows[i].priority) == rows[i].shadowed,
                      "%s by %s of priority %s", rows[i].a, rows[i].b, rows[i].priority);
}
END_TEST

/* Models made by hand: what a protection is follows from the snapshot, so kinds that are not compiled do,
 * too. */
static const struct model_service service = { .name = { "s@etcd", 6 }, .key = { "k", 1 } };
static const size_t web[] = { 2 };
static const struct model_op auth = { .middleware = { "guard@etcd", 10 } };

static struct model_router router_of(const char *name, const char *key, const struct rule_dnf *dnf,
                                     bool guarded)
{
    return (struct model_router){ .name = str_c(name),
                                  .order = str_c(name),
                                  .key = str_c(key),
                                  .rule = STR("PathPrefix(`/`)"),
                                  .dnf = *dnf,
                                  .priority = 5,
                                  .entry_points = web,
                                  .n_entry_points = 1,
                                  .service = &service,
                                  .ops = &auth,
                                  .n_ops = guarded };
}

static void check_guarded(const struct model_router *old, size_t n_old, const struct model_router *new,
                          size_t n_new, const char *want)
{
    struct arena *arena = arena_create();
    struct tree_case c = tree_case_of(STR("http/middlewares/guard/basicAuth/users/0 = a:hash-of-a-secret\n"
                                          "http/routers/a/rule = x\nhttp/routers/b/rule = x\n"),
                                      false);
    struct model models[] = {
        { .settings = &usual_settings, .routers = old, .n_routers = n_old },
        { .settings = &usual_settings, .routers = new, .n_routers = n_new },
    };
    struct meaning_side before = { &models[0], &c.snapshot }, after = { &models[1], &c.snapshot };
    struct meanings meanings = meaning_of_change(arena, &before, &after);
    struct buf out = { 0 };
    meanings_print(&out, &meanings, false);
    ck_assert_msg(str_starts(buf_str(&out), str_c(want)), "got:\n%s", out.p);
    ck_assert_uint_eq(meanings.n_grave, want[0] == '!');
    buf_fini(&out);
    tree_case_fini(&c);
    arena_destroy(arena);
}

START_TEST(lost_protection_comes_first_and_is_marked)
{
    const struct rule_conjunct all = { 0 };
    const struct rule_dnf every = { &all, 1 };
    struct model_router guarded = router_of("a@etcd", "traefik/http/routers/a", &every, true), open = guarded;
    open.n_ops = 0;
    struct model_router other = router_of("0@etcd", "traefik/http/routers/0", &every, false);
    struct model_router both[] = { other, guarded };
    check_guarded(&guarded, 1, &open, 1, "! a@etcd loses its protection: basicAuth guard@etcd\n");
    check_guarded(&open, 1, &guarded, 1, "~ a@etcd gains a protection: basicAuth guard@etcd\n");
    /* It is there and guarded, but another one takes its requests and asks nobody. */
    check_guarded(
        &guarded, 1, both, 2,
        "! a@etcd becomes unreachable: 0@etcd takes all its requests, without basicAuth guard@etcd\n");
    /* It is gone, and an open one has its requests. */
    check_guarded(both, 2, &other, 1,
                  "! a@etcd is in error now (see check): PathPrefix(`/`) → s@etcd; its requests go to "
                  "0@etcd, without basicAuth guard@etcd\n");
}
END_TEST

START_TEST(servers_come_and_go)
{
    expect("http/services/t/loadbalancer/servers/0/url = http://127.0.0.1:1\n",
           "http/services/t/loadbalancer/servers/0/url = http://127.0.0.1:2\n"
           "http/services/t/loadbalancer/passHostHeader = false\n",
           "- t@etcd loses server http://127.0.0.1:1\n+ t@etcd gains server http://127.0.0.1:2\n"
           "~ http/services/t loadbalancer/passhostheader: (absent) → false\n");
    expect("http/services/t/loadbalancer/servers/0/url = http://127.0.0.1:1\n",
           "http/services/t/loadbalancer/servers/0/url = http://127.0.0.1:1\n"
           "http/services/t/loadbalancer/servers/0/weight = 3\n",
           "~ t@etcd weight of http://127.0.0.1:1: 1 → 3\n");
}
END_TEST

START_TEST(secrets_are_not_shown)
{
    expect("http/middlewares/m/basicAuth/users/0 = joe:hash1\n",
           "http/middlewares/m/basicAuth/users/0 = joe:hash2\n",
           "~ http/middlewares/m basicauth/users: (not shown) → (not shown)\n");
    expect("http/middlewares/m/headers/customRequestHeaders/Authorization = t0ken1\n",
           "http/middlewares/m/headers/customRequestHeaders/Authorization = t0ken2\n",
           "~ http/middlewares/m headers/customrequestheaders/Authorization: (not shown) → (not shown)\n");
    expect("", "http/middlewares/m/forwardAuth/address = http://joe:pass@auth.test/x\n",
           "~ http/middlewares/m forwardauth/address: (absent) → http://…@auth.test/x\n");
    expect("", "http/middlewares/m/forwardAuth/address = http://joe:p@ss@auth.test/x\n",
           "~ http/middlewares/m forwardauth/address: (absent) → http://…@auth.test/x\n");
}
END_TEST

START_TEST(json_holds_kinds_and_values)
{
    struct arena *arena = arena_create();
    struct model_case a = model_case_of(ROUTER("a", "Path(`/a`)")),
                      b = model_case_of(ROUTER("a", "Path(`/b`)"));
    struct meaning_side before = { a.model, &a.etcd.snapshot }, after = { b.model, &b.etcd.snapshot };
    struct meanings meanings = meaning_of_change(arena, &before, &after);
    struct buf out = { 0 };
    meanings_print_json(&out, &meanings);
    ck_assert_str_eq(
        out.p,
        "[\n{\"kind\":\"router-rule\",\"grave\":false,\"object\":\"a@etcd\",\"text\":\"rule: Path(`/a`) → "
        "Path(`/b`)\",\"before\":\"Path(`/a`)\",\"after\":\"Path(`/b`)\"}\n]");
    buf_fini(&out);
    model_case_fini(&a);
    model_case_fini(&b);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { equal_trees_say_nothing, 0 },
        { routers_appear_change_and_vanish, 0 },
        { a_router_in_error_is_told_from_one_that_is_gone, 0 },
        { limits_are_lost_and_gained, 0 },
        { shadows_are_seen, 0 },
        { what_covers_what, 0 },
        { lost_protection_comes_first_and_is_marked, 0 },
        { servers_come_and_go, 0 },
        { secrets_are_not_shown, 0 },
        { json_holds_kinds_and_values, 0 },
        { NULL, 0 },
    };
    return run_suite("meaning", rows);
}
