/* Random changes of a random tree: every matcher, services of all kinds, middlewares, transports, deletions,
 * broken objects. */
#pragma once

#include <stdio.h>

#include "base/vec.h"
#include "kv/change.h"
#include "kv/store.h"

struct changes {
    uint64_t seed;
    struct kv_store *store;
    struct arena *arena; /* of `list` */
    VEC(struct kv_change) list;
    bool tls; /* routers have it, too */
};

static inline unsigned below(struct changes *c, unsigned n)
{
    c->seed = c->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(c->seed >> 33) % n;
}

#define PICK(c, ...)                                                                                         \
    pick(c, (const char *const[]){ __VA_ARGS__ },                                                            \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
static inline const char *pick(struct changes *c, const char *const *from, size_t n)
{
    return from[below(c, (unsigned)n)];
}

/* What happens to one key between two compiles is one change. */
static inline void note_change(struct changes *c, struct str key, struct str before, struct str after)
{
    for (size_t i = 0; i < c->list.n; i++)
        if (str_eq(c->list.p[i].key, key)) {
            c->list.p[i].after = after.p ? arena_copy(c->arena, after) : after;
            return;
        }
    vec_push(&c->list,
             (struct kv_change){ arena_copy(c->arena, key), before.p ? arena_copy(c->arena, before) : before,
                                 after.p ? arena_copy(c->arena, after) : after });
}

static inline void put(struct changes *c, const char *key, const char *value)
{
    char whole[256];
    snprintf(whole, sizeof whole, "traefik/http/%s", key);
    note_change(c, str_c(whole), kv_store_get(c->store, str_c(whole)), str_c(value));
    kv_store_put(c->store, str_c(whole), str_c(value));
}

static inline void drop_key(struct changes *c, struct str key)
{
    struct str before = kv_store_get(c->store, key);
    if (!before.p)
        return;
    struct str own = arena_copy(c->arena, key);
    note_change(c, own, before, (struct str){ 0 });
    kv_store_delete(c->store, own);
}

static inline void drop(struct changes *c, const char *prefix)
{
    char whole[256];
    struct kv_list list = { 0 };
    snprintf(whole, sizeof whole, "traefik/http/%s/", prefix);
    kv_store_collect(c->store, str_c(whole), &list);
    for (size_t i = 0; i < list.n; i++)
        drop_key(c, list.p[i].key);
    free(list.p);
}

static inline void put_rule(struct changes *c, char out[static 400])
{
    char host[40], path[60], part[200];
    snprintf(host, sizeof host, "h%u.test", below(c, 14));
    snprintf(path, sizeof path, "/%s%s%s", PICK(c, "a", "a/b", "api", "", "x y", "a%2Fb"),
             below(c, 2) ? "/" : "", PICK(c, "", "c", "v1", "d/e"));
    const char *h = host, *p = path;
    switch (below(c, 24)) {
    case 0:
        snprintf(out, 400, "Host(`%s`)", h);
        return;
    case 1:
        snprintf(out, 400, "Host(`%s`) && Path(`%s`)", h, p);
        return;
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
        snprintf(out, 400, "Host(`%s`) && PathPrefix(`%s`)", h, p);
        return;
    case 7:
        snprintf(out, 400, "Host(`%s`) && PathPrefix(`%s`) && Method(`%s`)", h, p, PICK(c, "GET", "POST"));
        return;
    case 8:
        snprintf(out, 400, "Host(`%s`) && Header(`X-%s`, `%u`)", h, PICK(c, "A", "B", "C"), below(c, 3));
        return;
    case 9:
        snprintf(out, 400, "Host(`%s`) && PathRegexp(`^/%s/[0-9]+$`)", h, PICK(c, "a", "api"));
        return;
    case 10:
        snprintf(out, 400, "Host(`%s`) && Query(`k`, `%u`)", h, below(c, 3));
        return;
    case 11:
        snprintf(out, 400, "(Host(`%s`) || Host(`h%u.test`)) && PathPrefix(`%s`)", h, below(c, 14), p);
        return;
    case 12:
        snprintf(out, 400, "Host(`%s`) && !PathPrefix(`%s`)", h, p);
        return;
    case 13:
        snprintf(out, 400, "Host(`%s`) && ClientIP(`10.%u.0.0/16`)", h, below(c, 3));
        return;
    case 14:
        snprintf(out, 400, "Host(`%s`) && HeaderRegexp(`X-%s`, `^%u`)", h, PICK(c, "A", "B"), below(c, 3));
        return;
    case 15:
        snprintf(out, 400, "Host(`*.test`) && PathPrefix(`%s`)", p);
        return;
    case 16:
        snprintf(out, 400, "PathPrefix(`%s`)", p);
        return;
    case 17:
        snprintf(out, 400, "Path(`%s`)", p);
        return;
    case 18:
        snprintf(out, 400, "HostRegexp(`^h[0-%u]\\.test$`)", below(c, 9));
        return;
    case 19:
        snprintf(out, 400, "Method(`%s`) && PathPrefix(`%s`)", PICK(c, "GET", "PUT"), p);
        return;
    case 20:
        snprintf(out, 400, "Host(`%s.`)", h);
        return;
    case 21:
        snprintf(out, 400, "Header(`X-%s`, `%u`)", PICK(c, "A", "B"), below(c, 3));
        return;
    case 22:
        snprintf(out, 400, "Host(`%s`", h);
        return;
    default:
        snprintf(part, sizeof part, "Host(`%s`) && PathPrefix(`%s`)", h, p);
        snprintf(out, 400, "%s || (Host(`h%u.test`) && Method(`%s`))", part, below(c, 14),
                 PICK(c, "GET", "POST"));
    }
}

static inline void change_router(struct changes *c)
{
    char at[64], key[128], value[400];
    snprintf(at, sizeof at, "routers/%s%u", PICK(c, "r", "r", "r", "r-"), below(c, 60));
    snprintf(key, sizeof key, "%s/service", at);
    snprintf(value, sizeof value, "s%u", below(c, 16));
    if (below(c, 3) == 0 || !below(c, 2))
        put(c, key, value);
    if (below(c, 3) == 0) {
        snprintf(key, sizeof key, "%s/rule", at);
        put_rule(c, value);
        put(c, key, value);
        snprintf(key, sizeof key, "%s/service", at);
        snprintf(value, sizeof value, "s%u", below(c, 16));
        put(c, key, value);
    }
    if (below(c, 4) == 0) {
        snprintf(key, sizeof key, "%s/middlewares", at);
        snprintf(value, sizeof value, "m%u", below(c, 12));
        put(c, key, value);
        if (below(c, 2)) {
            snprintf(value, sizeof value, "m%u,m%u", below(c, 12), below(c, 13));
            put(c, key, value);
        }
    }
    if (below(c, 6) == 0) {
        snprintf(key, sizeof key, "%s/priority", at);
        snprintf(value, sizeof value, "%u", below(c, 60));
        put(c, key, below(c, 20) ? value : "high");
    }
    if (below(c, 8) == 0) {
        snprintf(key, sizeof key, "%s/entrypoints", at);
        put(c, key, PICK(c, "web", "web,other", "other", "none"));
    }
    if (c->tls && below(c, 4) == 0) {
        snprintf(key, sizeof key, "%s/tls", at);
        put(c, key, PICK(c, "true", "true", "false"));
    }
    if (c->tls && below(c, 30) ==
                      0) /* always of the same router: it seldom keeps those that are not the default ones */
        put(c, "routers/r0/tls/options", below(c, 6) ? "default" : "strict");
    if (c->tls && below(c, 12) == 0) {
        char whole[200];
        snprintf(whole, sizeof whole, "traefik/http/%s/tls", at);
        drop_key(c, str_c(whole));
    }
    if (below(c, 12) == 0) {
        snprintf(key, sizeof key, "%s/%s", at, PICK(c, "priority", "middlewares", "entrypoints", "rule"));
        char whole[200];
        snprintf(whole, sizeof whole, "traefik/http/%s", key);
        drop_key(c, str_c(whole));
    }
    if (below(c, 10) == 0)
        drop(c, at);
}

static inline void put_balancer(struct changes *c, const char *at)
{
    char key[160], value[100];
    for (unsigned i = 0; i <= below(c, 3); i++) {
        snprintf(key, sizeof key, "%s/loadbalancer/servers/%u/url", at, i);
        snprintf(value, sizeof value, "%s://10.0.%u.%u:%u", PICK(c, "http", "http", "http", "h2c", "ftp"),
                 below(c, 3), below(c, 9), 8000 + below(c, 3));
        put(c, key,
            below(c, 40) ? value
                         : PICK(c, "http://known.test", "http://unknown.test", "http://failing.test"));
        if (below(c, 4) == 0) {
            snprintf(key, sizeof key, "%s/loadbalancer/servers/%u/weight", at, i);
            snprintf(value, sizeof value, "%u", below(c, 5));
            put(c, key, value);
        }
    }
    static const char *const more[][2] = { { "loadbalancer/passhostheader", "false" },
                                           { "loadbalancer/strategy", "p2c" },
                                           { "loadbalancer/sticky/cookie/name", "c" },
                                           { "loadbalancer/healthcheck/path", "/up" },
                                           { "loadbalancer/serverstransport", "t0" },
                                           { "loadbalancer/serverstransport", "t9" },
                                           { "middlewares", "m12" },
                                           { "loadbalancer/nonsense", "1" } };
    if (below(c, 3) == 0) {
        unsigned i = below(c, sizeof more / sizeof *more);
        snprintf(key, sizeof key, "%s/%s", at, more[i][0]);
        put(c, key, more[i][1]);
    }
}

/* Of what an object is made: as a rule something behind it, so that circles are rare. */
static inline unsigned behind(struct changes *c, unsigned own)
{
    return below(c, 300) ? own + 1 + below(c, 6) : below(c, 16);
}

static inline void change_service(struct changes *c)
{
    char at[64], key[160], value[40];
    unsigned own = below(c, 18);
    snprintf(at, sizeof at, "services/s%u", own);
    unsigned what = below(c, 10);
    if (what == 0 || what == 1)
        drop(c, at);
    if (what == 1 || what > 5) {
        put_balancer(c, at);
    } else if (what == 2 || what == 3) {
        drop(c, at);
        for (unsigned i = 0; i < 2; i++) {
            snprintf(key, sizeof key, "%s/%s/services/%u/name", at,
                     what == 2 ? "weighted" : "highestrandomweight", i);
            snprintf(value, sizeof value, "s%u", behind(c, own));
            put(c, key, value);
        }
    } else if (what == 4) {
        drop(c, at);
        snprintf(key, sizeof key, "%s/failover/service", at);
        snprintf(value, sizeof value, "s%u", behind(c, own));
        put(c, key, value);
        snprintf(key, sizeof key, "%s/failover/fallback", at);
        snprintf(value, sizeof value, "s%u", behind(c, own));
        put(c, key, value);
        snprintf(key, sizeof key, "%s/failover/errors/status", at);
        if (below(c, 2))
            put(c, key, "500-599");
    } else if (what == 5) {
        drop(c, at);
        snprintf(key, sizeof key, "%s/mirroring/service", at);
        snprintf(value, sizeof value, "s%u", behind(c, own));
        put(c, key, value);
        snprintf(key, sizeof key, "%s/mirroring/mirrors/0/name", at);
        snprintf(value, sizeof value, "s%u", behind(c, own));
        put(c, key, value);
        snprintf(key, sizeof key, "%s/mirroring/mirrors/0/percent", at);
        put(c, key, PICK(c, "0", "10", "50"));
    }
}

static inline void change_middleware(struct changes *c)
{
    char at[64], key[160], value[60];
    static const char *const kinds[][2] = {
        { "stripprefix/prefixes", "/a" },
        { "stripprefix/prefixes", "/api,/a/b" },
        { "addprefix/prefix", "/more" },
        { "ratelimit/average", "10" },
        { "ratelimit/average", "20" },
        { "headers/customrequestheaders/x-a", "1" },
        { "headers/customresponseheaders/x-b", "2" },
        { "basicauth/users", "u:$apr1$x$y" },
        { "ipallowlist/sourcerange", "10.0.0.0/8" },
        { "redirectscheme/scheme", "https" },
        { "replacepath/path", "/r" },
        { "chain/middlewares", "" },
        { "plugin/x/y", "1" },
        { "inflightreq/amount", "5" },
        { "retry/attempts", "3" },
        { "compress/encodings", "gzip" },
        { "buffering/maxrequestbodybytes", "10" },
        { "errors/status", "500-599" },
    };
    unsigned own = below(c, 13);
    snprintf(at, sizeof at, "middlewares/m%u", own);
    if (below(c, 3))
        drop(c, at);
    if (below(c, 8) == 0)
        return;
    unsigned kind = below(c, sizeof kinds / sizeof *kinds);
    snprintf(key, sizeof key, "%s/%s", at, kinds[kind][0]);
    snprintf(value, sizeof value, "m%u,m%u", behind(c, own), behind(c, own));
    put(c, key, kinds[kind][1][0] ? kinds[kind][1] : value);
    if (strncmp(kinds[kind][0], "errors", 6) == 0) {
        snprintf(key, sizeof key, "%s/errors/service", at);
        snprintf(value, sizeof value, "s%u", below(c, 16));
        put(c, key, value);
    }
}

static inline void change_transport(struct changes *c)
{
    char at[64], key[160];
    snprintf(at, sizeof at, "serversTransports/t%u", below(c, 2));
    if (below(c, 3) == 0)
        drop(c, at);
    snprintf(key, sizeof key, "%s/%s", at,
             PICK(c, "insecureskipverify", "disablehttp2", "forwardingtimeouts/dialtimeout", "servername"));
    put(c, key, PICK(c, "true", "false", "5s"));
}

/* One random change: a few keys of one object, or of several. */
static inline void change_tree(struct changes *c)
{
    for (unsigned i = 0, n = below(c, 5) == 0 ? 4 : 1; i < n; i++) {
        unsigned what = below(c, 20);
        if (what < 11)
            change_router(c);
        else if (what < 16)
            change_service(c);
        else if (what < 19)
            change_middleware(c);
        else
            change_transport(c);
    }
}
