/* Programs computed: URLs against what Go's net/url made of them, and chains (tests/e2e/test_programs.py has
 * the rest). */
#include "suite.h"

#include "plan/apply_state.h"

static const struct {
    const char *text, *want;
} urls[] = {
    { "http://a.test/x?y=1#z", "http://a.test/x?y=1#z" },
    { "HTTP://A.Test:80/%41%2f", "http://A.Test:80/%41%2f" },
    { "https://[::1]:8443/", "https://[::1]:8443/" },
    { "http://a b/", NULL },
    { "http://h:x/", NULL },
    { "/login?to=/x", "/login?to=/x" },
    { "login", "login" },
    { "a:b", "a:b" },
    { "mailto:a@b", "mailto:a@b" },
    { "http://u:p@h/", "http://u:p@h/" },
    { "http://h/%zz", NULL },
    { "http://h/a b", "http://h/a%20b" },
    { "http://h/\303\251?\303\251#\303\251", "http://h/%C3%A9?\303\251#%C3%A9" },
    { "//h/x", "//h/x" },
    { "///x", "///x" },
    { "", "" },
    { ":x", NULL },
    { "http://h", "http://h" },
    { "http://h?", "http://h?" },
    { "http:///x", "http:///x" },
    { "http://h/a[b]'(c)", "http://h/a[b]'(c)" },
    { "http://h\001/", NULL },
    { "1http://x", NULL },
    { "http://\303\274.test/", "http://%C3%BC.test/" },
    { "http://h/x?a b", "http://h/x?a b" },
    { "http://[::1/", NULL },
    { "http://h%41/", NULL },
    { "http://h/#", "http://h/" },
    { "*", "*" },
    { "http://", "http:" },
    { "//", "" },
    { "http://a@b@c/", "http://a%40b@c/" },
    { "http://u!:p:q@c/", "http://u%21:p%3Aq@c/" },
    { "http://h:80:1/", NULL },
    { "ftp://h:x:1/", "ftp://h:x:1/" },
    { "http://[::1:x]/", NULL },
    { "http://[1.2.3.4]/", NULL },
    { "http://[fe80::1%25en0]:8/", "http://[fe80::1%25en0]:8/" },
    { "http://x[::1]/", NULL },
    { "http://h%c3%A9/", "http://h%C3%A9/" },
    { "http://h%25%2f/", NULL },
    { "http://h%25/", "http://h%25/" },
    { "http://h/*", "http://h/*" },
};

START_TEST(urls_are_written_as_go_writes_them)
{
    struct arena *arena = arena_create();
    struct str out;
    bool ok = url_canonical(arena, str_c(urls[_i].text), &out);
    ck_assert_msg(ok == (urls[_i].want != NULL) && (!ok || str_eq(out, str_c(urls[_i].want))),
                  "%s is %.*s, wanted %s", urls[_i].text, STR_ARG(out),
                  urls[_i].want ? urls[_i].want : "none");
    arena_destroy(arena);
}
END_TEST

static const struct {
    const char *path, *prefix, *want, *told;
    int status;
} strips[] = {
    { "/api/x", "/api", "/x", "/api", 0 },
    { "/api", "/api", "/", "/api", 0 },
    { "/apix", "/api", "/x", "/api", 0 },
    { "/other", "/api", "/other", "", 0 },
    { "/api../x", "/api", NULL, "", 400 },
    { "/a%20b/c%2Fd", "/a b", "/c%2Fd", "/a b", 0 },
    { "/%C3%A9/x", "/\303\251", "/x", "/\303\251", 0 },
    { "/api//x", "/api", NULL, "", 400 },
    { "/a%2Fb/c", "/a/b", "/c", "/a/b", 0 },
    { "/x/y", "", "/x/y", "", 0 },
};

START_TEST(a_strip_cuts_the_decoded_path)
{
    struct arena *arena = arena_create();
    struct str prefix = str_c(strips[_i].prefix);
    struct model_op op = { .kind = OP_STRIP_PREFIX, .strip = { .prefixes = &prefix, .n = 1 } };
    struct model_router router = { .ops = &op, .n_ops = 1 };
    struct apply_request request = {
        .method = STR("GET"), .host = STR("h"), .path = str_c(strips[_i].path), .peer = STR("::1")
    };
    struct apply *apply = apply_begin(arena, &request);
    ck_assert(apply_op(apply, &router, 0) == (strips[_i].status == 0));
    ck_assert_int_eq(apply_answer(apply)->status, strips[_i].status);
    if (strips[_i].want) {
        struct apply_request now = apply_request_now(apply);
        ck_assert_msg(str_eq(now.path, str_c(strips[_i].want)), "%.*s", STR_ARG(now.path));
        ck_assert(str_eq(apply_header(apply, STR("x-forwarded-prefix")), str_c(strips[_i].told)));
    }
    apply_end(apply);
    arena_destroy(arena);
}
END_TEST

static const struct {
    const char *forwarded;
    int64_t depth;
    bool welcome;
} allowed[] = {
    { "10.0.0.1, 127.0.0.1", 1, true },          { "10.0.0.1, 8.8.8.8, 127.0.0.1", 1, false },
    { "10.0.0.1, 8.8.8.8, 127.0.0.1", 2, true }, { "127.0.0.1", 1, false },
    { "10.0.0.1, 127.0.0.1", 2, false },         { "::ffff:10.0.0.9, 127.0.0.1", 1, true },
    { "010.0.0.1, 127.0.0.1", 1, false },        { "10.0.0.1:80, 127.0.0.1", 1, true },
    { "10.0.0.1, 127.0.0.1", 0, false },
};

START_TEST(an_allow_list_looks_at_the_address_that_counts)
{
    struct arena *arena = arena_create();
    struct address_range net = { .address = { 4, { 10 } }, .bits = 8 };
    struct model_op op = { .kind = OP_ALLOW_LIST,
                           .allow = {
                               .nets = { &net, 1 }, .strategy.depth = allowed[_i].depth, .status = 403 } };
    struct model_router router = { .ops = &op, .n_ops = 1 };
    struct model_header header = { STR("x-forwarded-for"), str_c(allowed[_i].forwarded) };
    struct apply_request request = {
        .path = STR("/"), .peer = STR("127.0.0.1"), .headers = &header, .n_headers = 1
    };
    struct apply *apply = apply_begin(arena, &request);
    ck_assert(apply_op(apply, &router, 0) == allowed[_i].welcome);
    apply_end(apply);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { urls_are_written_as_go_writes_them, sizeof urls / sizeof *urls },
        { a_strip_cuts_the_decoded_path, sizeof strips / sizeof *strips },
        { an_allow_list_looks_at_the_address_that_counts, sizeof allowed / sizeof *allowed },
        { 0 },
    };
    return run_suite("apply", rows);
}
