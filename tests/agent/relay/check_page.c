#include "relay/page.h"

#include "suite.h"

static const struct {
    const char *query, *want;
} targets[] = {
    { "/{status}.html", "/418.html" },
    { "{status}/{originalStatus}/{status}", "/418/503/418" },
    { "", "/" },
    { "//x", "//x" },
    { "/e?u={url}", "/e?u=http%3A%2F%2Fshop.test%3A8080%2Fa%2520b%3Fc%3Dd+e%26f" },
    { "/{unknown}", "/%7Bunknown%7D" },
    { "/a b?c d#e", "/a%20b?c%20d" },
    { "/?q={\"x\"}", "/?q={\"x\"}" },
    { "/%41", "/%41" },
    { "/%4", NULL },
    { "/a\tb", NULL },
};

static struct request *request_make(void)
{
    struct request *request = request_create(".", STR("POST"), STR("/a%20b?c=d e&f"), 0);
    heading_add(&request->heading, STR("Host"), STR("shop.test:8080"));
    heading_add(&request->heading, STR("cookie"), STR("c=1"));
    heading_add(&request->heading, STR("X-A"), STR("1"));
    request->source = STR("10.0.0.1");
    return request;
}

START_TEST(placeholders_are_filled_in)
{
    struct request *request = request_make();
    struct buf out = { 0 };
    bool ok = page_target(&out, request, str_c(targets[_i].query), 418, 503);
    ck_assert_int_eq(ok, targets[_i].want != NULL);
    if (ok)
        ck_assert_msg(str_eq(buf_str(&out), str_c(targets[_i].want)), "%.*s", STR_ARG(buf_str(&out)));
    buf_fini(&out);
    request_release(request);
}
END_TEST

static const struct {
    const char *forwarded, *want;
} forwarded[] = {
    { "10.0.0.1", NULL },
    { "1.2.3.4, 10.0.0.1", "1.2.3.4" },
    { "1.2.3.4", "1.2.3.4" },
    { "110.0.0.1", "110.0.0.1" },
};

START_TEST(headers_are_those_of_the_client)
{
    struct request *request = request_make();
    struct heading out = { 0 };
    struct directive all = { .errors = { .all_headers = true } };
    heading_add(&request->heading, STR("x-forwarded-for"), str_c(forwarded[_i].forwarded));
    page_headers(&out, request, &all);
    ck_assert(str_eq(heading_get(&out, STR("host")), STR("shop.test:8080")));
    ck_assert(str_eq(heading_get(&out, STR("cookie")), STR("c=1")));
    ck_assert(str_eq(heading_get(&out, STR("x-forwarded-for")), str_c(forwarded[_i].want)));
    ck_assert_int_eq(heading_get(&out, STR("x-forwarded-for")).p != NULL, forwarded[_i].want != NULL);
    heading_reset(&out);
    struct str names[] = { STR("x-a") };
    struct directive one = { .errors = { .headers = names, .n_headers = 1 } };
    page_headers(&out, request, &one);
    ck_assert_uint_eq(out.n, 2);
    ck_assert(str_eq(heading_get(&out, STR("x-a")), STR("1")));
    heading_fini(&out);
    request_release(request);
}
END_TEST

START_TEST(a_page_is_asked_for_with_what_became_of_the_request)
{
    struct arena *arena = arena_create();
    struct heading headers = { 0 };
    struct str target;
    page_request_read(arena,
                      STR("/b?c=d%0Ahost:shop.test%0Ax-a:1, "
                          "2%25%0Ax-a:%C3%A9%0Acontent-length:7%0Aconnection:x%0Ano header%0A"
                          "bad name:x%0Ax-b:a%0Db%0Ax-empty:"),
                      &target, &headers);
    ck_assert(str_eq(target, STR("/b?c=d")));
    ck_assert_uint_eq(headers.n, 4);
    ck_assert(str_eq(heading_value(&headers, 0), STR("shop.test")));
    ck_assert(str_eq(heading_value(&headers, 1), STR("1, 2%")));
    ck_assert(str_eq(heading_value(&headers, 2), STR("\303\251")));
    ck_assert(str_eq(heading_name(&headers, 3), STR("x-empty")));
    heading_fini(&headers);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { placeholders_are_filled_in, ROWS(targets) },
        { headers_are_those_of_the_client, ROWS(forwarded) },
        { a_page_is_asked_for_with_what_became_of_the_request, 0 },
        { NULL, 0 },
    };
    return run_suite("page", tests);
}
