/* A folder with HAProxy's files for one test, and the HAProxy that runs on them. The binary is the one of the
 * environment variable HAPROXY, else that on PATH. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "haproxy/process.h"
#include "haproxy/runtime.h"
#include "sys/clock.h"

struct stage {
    char folder[64];
    char runtime_path[96], master_path[96], map_path[96];
    int port;
    struct runtime runtime;
    struct haproxy *haproxy;
    char error[512];
};

static inline int stage_listen(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* A port below those that the kernel gives to clients. HAProxy would share one with another HAProxy, so it is
 * claimed from all tests by a UDP socket of the same number, as long as this process lives. */
static inline int stage_free_port(void)
{
    static unsigned seed;
    if (seed == 0)
        seed = (unsigned)getpid();
    for (;;) {
        int claim = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
            fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int port = 12000 + rand_r(&seed) % 20000;
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                       .sin_port = htons((uint16_t)port) };
        const struct sockaddr *at = (const struct sockaddr *)&address;
        bool is_free = bind(claim, at, sizeof address) == 0 && bind(fd, at, sizeof address) == 0;
        close(fd);
        if (is_free)
            return port;
        close(claim);
    }
}

static inline int stage_connect(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = { .tv_sec = 10 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static inline void stage_pause(int ms)
{
    poll(NULL, 0, ms);
}

static inline void stage_write(const struct stage *stage, const char *name, struct str bytes)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", stage->folder, name);
    ck_assert(file_write(path, bytes, 0644, false));
}

/* A file of testdata/haproxy, its open slots filled, plus `more`. */
static inline void stage_fill(const struct stage *stage, const char *name, const char *more)
{
    struct buf text = { 0 }, out = { 0 };
    char path[4096], port[16];
    snprintf(path, sizeof path, "%s/haproxy/%s", TESTDATA, name);
    snprintf(port, sizeof port, "%d", stage->port);
    ck_assert(file_read(path, 0, &text));
    for (struct str rest = buf_str(&text); rest.n;) {
        size_t at = str_find(rest, '@');
        buf_put(&out, str_head(rest, at));
        rest = str_from(rest, at);
        struct str folder = STR("@FOLDER@"), slot = STR("@PORT@");
        bool is_folder = str_starts(rest, folder), is_port = str_starts(rest, slot);
        buf_puts(&out, is_folder ? stage->folder : is_port ? port : rest.n ? "@" : "");
        rest = str_from(rest, is_folder ? folder.n : is_port ? slot.n : 1);
    }
    buf_puts(&out, more);
    stage_write(stage, name, buf_str(&out));
    buf_fini(&text);
    buf_fini(&out);
}

/* A test that fails leaves at once: its HAProxy is ended, by the number in its pid file, when the program
 * ends. */
static char stage_folders[64][64];
static int stage_count;

static inline void stage_clean_up(void)
{
    for (int i = 0; i < stage_count && i < 64; i++) {
        char path[96];
        int pid = 0;
        snprintf(path, sizeof path, "%.63s/haproxy.pid", stage_folders[i]);
        FILE *f = fopen(path, "r");
        if (f && fscanf(f, "%d", &pid) == 1 && pid > 1)
            kill(-pid, SIGKILL);
        if (f)
            fclose(f);
    }
}

/* The files alone; nothing runs. `more` is added to the backends. */
static inline void stage_prepare(struct stage *stage, const char *more)
{
    *stage = (struct stage){ .folder = "/tmp/maitred-haproxy-XXXXXX", .port = stage_free_port() };
    char maps[80];
    signal(SIGPIPE, SIG_IGN);
    ck_assert_ptr_nonnull(mkdtemp(stage->folder));
    if (stage_count == 0)
        atexit(stage_clean_up);
    memcpy(stage_folders[stage_count++ % 64], stage->folder, sizeof stage->folder);
    snprintf(maps, sizeof maps, "%s/maps", stage->folder);
    ck_assert_int_eq(mkdir(maps, 0700), 0);
    snprintf(stage->runtime_path, sizeof stage->runtime_path, "%s/haproxy.sock", stage->folder);
    snprintf(stage->master_path, sizeof stage->master_path, "%s/master.sock", stage->folder);
    snprintf(stage->map_path, sizeof stage->map_path, "%s/maps/routes.map", stage->folder);
    stage->runtime = (struct runtime){ stage->runtime_path, 10000 };
    stage_fill(stage, "haproxy.cfg", "");
    stage_fill(stage, "backends.cfg", more);
    struct buf map = { 0 };
    ck_assert(file_read(TESTDATA "/haproxy/routes.map", 0, &map));
    stage_write(stage, "maps/routes.map", buf_str(&map));
    buf_fini(&map);
    stage_write(stage, "maps/programs.map", STR("p0 add?/zero;\n"));
    stage_write(stage, "maps/regexes.map", STR("^x0\\|7f000001\\| {r1@etcd\n"));
    stage_write(stage, "maps/fields.map", STR("^f0\\| S89;r1@etcd\n"));
    stage_write(stage, "maps/labels.map", STR("t0/x-a=1 S89;r1@etcd;\n"));
    stage_write(stage, "maps/names.map", STR("x-a 1\n"));
}

static inline struct haproxy_options stage_options(const struct stage *stage)
{
    return (struct haproxy_options){ .binary = getenv("MAITRED_TEST_HAPROXY"), .folder = stage->folder };
}

static inline struct haproxy *stage_create(struct stage *stage)
{
    struct haproxy_options options = stage_options(stage);
    struct haproxy *haproxy = haproxy_create(&options, NULL, stage->error);
    ck_assert_msg(haproxy != NULL, "%s", stage->error);
    return haproxy;
}

static inline void stage_open(struct stage *stage, const char *more)
{
    stage_prepare(stage, more);
    stage->haproxy = stage_create(stage);
    ck_assert_msg(haproxy_start(stage->haproxy, stage->error), "%s", stage->error);
}

static inline int stage_remove_file(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

static inline void stage_close(struct stage *stage)
{
    if (stage->haproxy)
        haproxy_stop(stage->haproxy, 0);
    haproxy_destroy(stage->haproxy);
    nftw(stage->folder, stage_remove_file, 8, FTW_DEPTH | FTW_PHYS);
}

/* One answer of the runtime socket, NUL behind it; valid until the next call with the same buf. */
static inline const char *stage_ask(const struct stage *stage, const char *command, struct buf *answer)
{
    buf_reset(answer);
    enum runtime_status status = runtime_call(&stage->runtime, str_c(command), answer);
    ck_assert_int_eq(status, RUNTIME_OK);
    return answer->p;
}

/* Sends a request and returns the connection, or -1. */
static inline int stage_request(const struct stage *stage, const char *host, const char *path)
{
    char text[256];
    int fd = stage_connect(stage->port);
    if (fd < 0)
        return -1;
    int n =
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
    ck_assert_int_eq(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
    return fd;
}

/* The status of the answer on it, 0: none; closes it. */
static inline int stage_status(int fd)
{
    char text[64] = "";
    int status = 0;
    ssize_t n = fd < 0 ? 0 : recv(fd, text, sizeof text - 1, 0);
    if (n > 12)
        status = atoi(text + 9);
    if (fd >= 0)
        close(fd);
    return status;
}

static inline int stage_get(const struct stage *stage, const char *host, const char *path)
{
    return stage_status(stage_request(stage, host, path));
}
