/* What is asked of a server: its URL, changed by what the check says. */
#include "suite.h"

#include <stdlib.h>

#include "health/target.h"

static struct target *target_in(const char *backend, const char *url, struct model_check check,
                                const struct model_transport *transport)
{
    struct plan_server server = {
        .name = STR("s"), .host = STR("h"), .port = 80, .weight = 1, .url = str_c(url)
    };
    check.on = true;
    struct model_service service = { .name = STR("a@etcd"), .check = check, .transport = transport };
    struct plan_backend backends[] = {
        { .name = str_c(backend),
          .service = STR("a@etcd"),
          .servers = &server,
          .n_servers = 1,
          .holds = &service },
        { .name = STR("spare-0001") },
    };
    struct plan plan = { .backends = backends, .n_backends = 2 };
    size_t n;
    struct target **all = targets_of(&plan, &n);
    ck_assert_uint_eq(n, 1);
    struct target *target = all[0];
    free(all);
    return target;
}

static struct target *target_with(const char *url, struct model_check check,
                                  const struct model_transport *transport)
{
    return target_in("etcd:a", url, check, transport);
}

static const struct {
    const char *server, *path, *scheme;
    int port;
    const char *url; /* NULL: cannot be asked */
} urls[] = {
    { "http://h:81", "/health", "", 0, "http://h:81/health" },
    { "http://h:81", "health?deep=1", "", 0, "http://h:81/health?deep=1" },
    { "http://h", "", "", 0, "http://h:80/" },
    { "http://h/base/x", "", "", 0, "http://h:80/base/x" },
    { "http://h/base/x", "y", "", 0, "http://h:80/base/y" },
    { "http://user:secret@h:81", "/", "", 82, "http://h:82/" },
    { "https://[::1]:8443/", "/ready", "", 0, "https://[::1]:8443/ready" },
    { "https://h", "/", "http", 0, "http://h:443/" },
    { "h2c://h:50051", "/", "", 0, "http://h:50051/" },
    { "http://h", "http://other/", "", 0, NULL },
    { "http://h", "//other/", "", 0, NULL },
    { "http://h:99999", "/", "", 0, NULL },
    { "http://h", "/%zz", "", 0, NULL },
    { "http://h", "/a#%z", "", 0, NULL },
    { "http://h", "/a?%z", "", 0, "http://h:80/a?%z" },
    { "ftp://h", "/", "", 0, NULL },
};

START_TEST(urls_are_those_of_the_check)
{
    struct model_check check = { .path = str_c(urls[_i].path),
                                 .scheme = str_c(urls[_i].scheme),
                                 .port = urls[_i].port };
    struct target *target = target_with(urls[_i].server, check, NULL);
    if (urls[_i].url)
        ck_assert_msg(target->url && strcmp(target->url, urls[_i].url) == 0, "%s instead of %s",
                      target->url ? target->url : "none", urls[_i].url);
    else
        ck_assert_ptr_null(target->url);
    if (!urls[_i].url)
        ck_assert_ptr_null(target_ask(target));
    target_destroy(target);
}
END_TEST

static const struct {
    const char *server, *scheme;
    int port;
    const char *url; /* NULL: cannot be asked */
} grpc_urls[] = {
    { "http://h:81", "", 0, "http://h:81/grpc.health.v1.Health/Check" },
    { "h2c://h:81/base", "h2c", 82, "http://h:82/grpc.health.v1.Health/Check" },
    { "https://h:81", "", 0, "http://h:81/grpc.health.v1.Health/Check" },
    { "http://h:81", "https", 0, NULL },
};

START_TEST(grpc_is_asked_in_clear_and_without_the_transport)
{
    struct model_transport transport = { .http2 = true,
                                         .server_name = STR("n.test"),
                                         .identity = STR("PEM") };
    struct model_check check = { .grpc = true,
                                 .path = STR("/health"),
                                 .scheme = str_c(grpc_urls[_i].scheme),
                                 .port = grpc_urls[_i].port };
    struct target *target = target_with(grpc_urls[_i].server, check, &transport);
    if (grpc_urls[_i].url)
        ck_assert_str_eq(target->url, grpc_urls[_i].url);
    else
        ck_assert_ptr_null(target->url);
    ck_assert(!target->connect_to && !target->identity && target->grpc && target->prior_knowledge);
    target_destroy(target);
}
END_TEST

START_TEST(a_name_of_the_transport_is_asked_for_at_the_servers_host)
{
    struct model_transport transport = { .http2 = true,
                                         .server_name = STR("n.test"),
                                         .authorities = STR("PEM") };
    struct target *target =
        target_with("https://h:444", (struct model_check){ .path = STR("/x") }, &transport);
    ck_assert_str_eq(target->url, "https://n.test:444/x");
    ck_assert_str_eq(target->connect_to, "::h:");
    ck_assert_str_eq(target->hostname, "h:444");
    ck_assert_str_eq(target->authorities, "PEM");
    ck_assert(target->http2 && !target->insecure && target->up);
    target_destroy(target);
}
END_TEST

/* No header can add a line, and Host is not one of them. */
START_TEST(headers_are_lines)
{
    const struct pair_value headers[] = { { STR("k"), STR("HOST"), STR("x") },
                                          { STR("k"), STR("X-A"), STR("1") },
                                          { STR("k"), STR("X-B"), STR("1\r\nX-C: 2") },
                                          { STR("k"), STR("X-D"), STR("") } };
    struct target *target =
        target_with("http://h", (struct model_check){ .headers = headers, .n_headers = 4 }, NULL);
    ck_assert_str_eq(target->headers, "X-A: 1\nX-D;\n");
    target_destroy(target);
}
END_TEST

START_TEST(equal_checks_are_equal_texts)
{
    struct model_check check = { .path = STR("/"), .interval_ns = 5 };
    struct target *one = target_with("http://h", check, NULL), *same = target_with("http://h", check, NULL);
    check.interval_ns = 6;
    struct target *other = target_with("http://h", check, NULL);
    ck_assert_str_eq(one->config, same->config);
    ck_assert_str_ne(one->config, other->config);
    target_destroy(one);
    target_destroy(same);
    target_destroy(other);
}
END_TEST

START_TEST(a_service_keeps_its_verdicts_in_another_backend)
{
    struct model_check check = { .path = STR("/") };
    struct target *old = target_in("spare-0002", "http://h", check, NULL),
                  *new = target_with("http://h", check, NULL);
    ck_assert_str_eq(old->config, new->config);
    ck_assert(strcmp(old->service, "a@etcd") == 0 && strcmp(old->backend, "spare-0002") == 0);
    old->up = false;
    old->told = true;
    target_move(old, new);
    target_destroy(new);
    ck_assert_str_eq(old->backend, "etcd:a");
    ck_assert_msg(!old->up && !old->told, "HAProxy is to be told what was found");
    new = target_with("http://h", check, NULL);
    old->told = true;
    target_move(old, new);
    ck_assert_msg(old->told, "nothing has changed");
    target_destroy(old);
    target_destroy(new);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { urls_are_those_of_the_check, ROWS(urls) },
        { a_name_of_the_transport_is_asked_for_at_the_servers_host, 0 },
        { grpc_is_asked_in_clear_and_without_the_transport, ROWS(grpc_urls) },
        { headers_are_lines, 0 },
        { equal_checks_are_equal_texts, 0 },
        { a_service_keeps_its_verdicts_in_another_backend, 0 },
        { NULL, 0 },
    };
    return run_suite("target", rows);
}
