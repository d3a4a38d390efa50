/* One scripted etcd, one watch of it, one mirror. */
#pragma once

#include "base/base64.h"
#include "fake.h"
#include "mirror.h"
#include "suite.h"

static struct fake fake;
static struct mirror mirror;
static struct etcd_watch *watch;

static inline void run_as(const char *user, const struct fake *scripts)
{
    char error[256];
    fake = *scripts;
    mirror_init(&mirror);
    fake_start(&fake);
    struct str endpoint = str_c(fake.endpoint);
    struct etcd_settings settings = { .endpoints = &endpoint,
                                      .n_endpoints = 1,
                                      .root = STR("traefik"),
                                      .username = str_c(user),
                                      .password = STR("sesame") };
    struct etcd_callbacks callbacks = mirror_callbacks(&mirror);
    watch = etcd_watch_start(&settings, &callbacks, NULL, error);
    ck_assert_msg(watch != NULL, "%s", error);
}

static inline void run(fake_script *on_list, fake_script *on_count, fake_script *on_watch)
{
    run_as("", &(struct fake){ .on_list = on_list, .on_count = on_count, .on_watch = on_watch });
}

static inline void finish(void)
{
    etcd_watch_stop(watch);
    fake_stop(&fake);
    mirror_fini(&mirror);
}

static inline const char *last_error(void)
{
    static struct etcd_status status;
    etcd_watch_status(watch, &status);
    return status.error;
}

static inline int64_t reconnects(void)
{
    struct etcd_status status;
    etcd_watch_status(watch, &status);
    return status.reconnects;
}

/* "traefik/NAME" as base64, in a buffer that lives until the next but three calls. */
static inline const char *key_of(const char *name)
{
    static _Thread_local char keys[4][64];
    static _Thread_local int turn;
    char *key = keys[turn++ % 4];
    struct buf plain = { 0 }, coded = { 0 };
    buf_printf(&plain, "traefik/%s", name);
    base64_put(&coded, buf_str(&plain));
    snprintf(key, sizeof keys[0], "%s", coded.p);
    buf_fini(&plain);
    buf_fini(&coded);
    return key;
}

/* A message with one put of the value "1", of that revision; its header claims another. */
static inline void send_put(int fd, const char *name, int revision, int header)
{
    fake_chunk(fd,
               "{\"result\":{\"header\":{\"cluster_id\":\"7\",\"revision\":\"%d\"},\"events\":[{\"kv\":{"
               "\"key\":\"%s\","
               "\"create_revision\":\"%d\",\"mod_revision\":\"%d\",\"value\":\"MQ==\"}}]}}\n",
               header, key_of(name), revision, revision);
}

/* A probe that never comes to an end disturbs nobody for 3 s. */
static inline bool count_never(struct fake *f, int fd, const char *body, int nth)
{
    (void)body, (void)nth;
    return fake_hang(f, fd);
}

static inline bool watch_refused(struct fake *f, int fd, const char *body, int nth)
{
    (void)f, (void)body, (void)nth;
    return fake_answer(
        fd, 400,
        "CommonName of client sending a request against gateway will be ignored and not used as expected\n");
}
