/* Random trees and requests, for holding what is looked up against what rules mean. */
#pragma once

#include "explain/request.h"
#include "kv/reader.h"
#include "plan/plan.h"
#include "suite.h"

static const struct entry_point plain_entry = { .name = STR("web"),
                                                .sanitize_path = true,
                                                .underscores = STR("keep") };

static inline unsigned roll(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % n;
}

#define PICK(seed, list) list[roll(seed, sizeof list / sizeof *list)]

static const char *const literals[] = {
    "Host(`a.test`)",
    "Host(`b.a.test`)",
    "Host(`B.test.`)",
    "Host(`*.a.test`)",
    "Host(`*`)",
    "Host(`::1`)",
    "Path(`/`)",
    "Path(`/foo`)",
    "Path(`/foo/bar`)",
    "Path(`/a b`)",
    "PathPrefix(`/`)",
    "PathPrefix(`/foo`)",
    "PathPrefix(`/foo/`)",
    "PathPrefix(`/f`)",
    "PathPrefix(`/a%2`)",
    "Method(`GET`)",
    "Method(`POST`)",
    "Method(`x-y`)",
    "HostRegexp(`a\\.test$`)",
    "HostRegexp(`^b\\.`)",
    "HostRegexp(`^[a-c]+\\.a\\.test$`)",
    "HostRegexp(`^x`)",
    "HostRegexp(`(?i)TEST$`)",
    "HostRegexp(`^[ab]\\.b\\.c\\.test$`)",
    "HostRegexp(`^.$`)",
    "PathRegexp(`^/foo`)",
    "PathRegexp(`^/fo+/`)",
    "PathRegexp(`bar$`)",
    "PathRegexp(`^/a.b$`)",
    "PathRegexp(`\\s`)",
    "Header(`X-A`, `1`)",
    "Header(`X-A`, `2`)",
    "Header(`x-b`, `a b/c;%`)",
    "HeaderRegexp(`X-A`, `^[0-9]+$`)",
    "HeaderRegexp(`X-B`, `a`)",
    "Query(`q`, `1`)",
    "Query(`q`)",
    "Query(`k=`, `v&w`)",
    "QueryRegexp(`q`, `^[0-9]$`)",
    "ClientIP(`10.0.0.0/8`)",
    "ClientIP(`10.1.2.3`)",
    "ClientIP(`10.1.0.0/15`)",
    "ClientIP(`fd00::/9`)",
    "PathRegexp(`^/[a-f]+$`)",
};

static inline void put_rule(struct buf *out, unsigned *seed, unsigned depth)
{
    unsigned kind = roll(seed, 10);
    if (depth == 0 || kind < 3) {
        if (roll(seed, 7) == 0)
            buf_putc(out, '!');
        buf_puts(out, PICK(seed, literals));
        return;
    }
    buf_puts(out, kind == 3 ? "!(" : "(");
    put_rule(out, seed, depth - 1);
    buf_puts(out, kind < 8 ? " && " : " || ");
    put_rule(out, seed, depth - 1);
    buf_putc(out, ')');
}

/* Prefixes that a random tree's middleware N strips, one or two. Some only fit once they are decoded or
 * quoted. */
static const char *const strip_prefixes[][2] = { { "/foo", "" },    { "/f", "/foo" }, { "/foo/", "/a b" },
                                                 { "/a%2", "/fo" }, { "/a;b", "/" },  { "/foo/bar", "" } };

enum { STRIPS = sizeof strip_prefixes / sizeof *strip_prefixes };

/* A tree of n routers on the entry points web and alt, some with a stripPrefix, as a dump. */
static inline struct str random_tree(struct arena *arena, unsigned *seed, unsigned n)
{
    static const char *const entry_points[] = { "web", "alt", "web,alt" };
    struct buf out = { 0 };
    buf_puts(&out, "traefik/http/services/s/loadbalancer/servers/0/url\nhttp://127.0.0.1:9000\n");
    for (unsigned i = 0; i < STRIPS; i++)
        for (unsigned j = 0; j < 2 && *strip_prefixes[i][j]; j++)
            buf_printf(&out, "traefik/http/middlewares/m%u/stripprefix/prefixes/%u\n%s\n", i, j,
                       strip_prefixes[i][j]);
    for (unsigned i = 0; i < n; i++) {
        if (roll(seed, 2))
            buf_printf(&out, "traefik/http/routers/r%u/middlewares/0\nm%u\n", i, roll(seed, STRIPS));
        buf_printf(&out, "traefik/http/routers/r%u/entrypoints\n%s\n", i, PICK(seed, entry_points));
        if (roll(seed, 2))
            buf_printf(&out, "traefik/http/routers/r%u/priority\n%d\n", i, (int)roll(seed, 40) - 5);
        buf_printf(&out, "traefik/http/routers/r%u/rule\n", i);
        put_rule(&out, seed, roll(seed, 4));
        buf_printf(&out, "\ntraefik/http/routers/r%u/service\ns\n", i);
    }
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static inline void random_request(struct arena *arena, unsigned *seed, struct request *out)
{
    static const char *const methods[] = { "GET", "GET", "POST", "X-Y", "PUT" };
    static const char *const hosts[] = { "a.test",  "A.Test:80",  "b.a.test", "b.test",   "b.test..",
                                         "a.test.", "c.b.a.test", ".a.test",  "[::1]:80", "x.org",
                                         "",        "a.b.c.test", "b",        "b.a.test." };
    static const char *const targets[] = { "/",          "/foo",   "/foo/",  "/foo/bar", "/fo/bar", "/a%20b",
                                           "/a%2Fb",     "/%66oo", "//foo",  "/x/../f",  "/a%0Ab",  "/abc",
                                           "/foo/x/bar", "/a%2",   "/a%00b", "/a%FFb" };
    static const char *const queries[] = { "",         "?q=1",   "?q",     "?q=", "?q=12&q=3", "?k%3D=v%26w",
                                           "?x=1;q=1", "?q=%zz", "?q=1%0A" };
    static const char *const values[] = { "1", "2", "12", "a b/c;%", "a", " 1 " };
    static const char *const clients[] = { "10.1.2.3", "10.1.9.9",        "192.0.2.1",
                                           "fd01::1",  "::ffff:10.1.2.3", "::1" };
    struct request_header headers[4] = { { STR("Host"), str_c(PICK(seed, hosts)) } };
    size_t n = 1;
    for (unsigned i = roll(seed, 4); i > 0; i--)
        headers[n++] =
            (struct request_header){ roll(seed, 2) ? STR("X-A") : STR("X-b"), str_c(PICK(seed, values)) };
    struct str target = arena_printf(arena, "%s%s", PICK(seed, targets), PICK(seed, queries));
    if (request_read(arena, &plain_entry, str_c(PICK(seed, methods)), target, headers, n,
                     str_c(PICK(seed, clients)), out) != NULL)
        random_request(arena, seed, out);
}
