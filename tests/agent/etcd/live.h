/* One real etcd, one watch of it, one mirror: what the tests of the living have in common. */
#pragma once

#include "mirror.h"
#include "server.h"
#include "suite.h"

static struct server server;
static struct mirror mirror;
static struct etcd_watch *watch;

static inline struct etcd_watch *start_watch(const char *const *endpoints, size_t n, const char *user,
                                             const char *password)
{
    struct str list[4];
    char error[256];
    for (size_t i = 0; i < n; i++)
        list[i] = str_c(endpoints[i]);
    struct etcd_settings settings = { .endpoints = list,
                                      .n_endpoints = n,
                                      .root = STR("traefik"),
                                      .username = str_c(user),
                                      .password = str_c(password) };
    struct etcd_callbacks callbacks = mirror_callbacks(&mirror);
    struct etcd_watch *w = etcd_watch_start(&settings, &callbacks, NULL, error);
    ck_assert_msg(w != NULL, "%s", error);
    return w;
}

static inline void setup(void)
{
    server_start(&server, NULL);
    mirror_init(&mirror);
    watch = NULL;
}

static inline void watch_server(void)
{
    const char *endpoint = server.endpoint;
    watch = start_watch(&endpoint, 1, NULL, NULL);
    mirror_wait(&mirror, watch_state(watch) == ETCD_WATCHING);
}

static inline void teardown(void)
{
    etcd_watch_stop(watch);
    server_stop(&server);
    mirror_fini(&mirror);
}
