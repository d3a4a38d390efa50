/* A real etcd of the test's own: started from PATH on free ports, with a data folder that goes with it. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/base64.h"

struct server {
    char folder[64];
    int port, peer_port;
    pid_t pid;         /* 0: not running */
    const char *tls;   /* folder of certificates; NULL: clear text */
    char endpoint[64]; /* "127.0.0.1:port" */
};

/* A port that nobody listens on now. */
static inline int free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

static inline size_t drop_answer(char *p, size_t size, size_t n, void *context)
{
    if (context)
        buf_put(context, str_of(p, size * n));
    return size * n;
}

/* POSTs to a path of the gateway; the HTTP status, 0 where there is no answer. `token` and `answer` may be
 * NULL. */
static inline long server_post(const struct server *s, const char *path, const char *body, const char *token,
                               struct buf *answer)
{
    char url[256], line[256];
    long status = 0;
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    if (token) {
        snprintf(line, sizeof line, "Authorization: %s", token);
        headers = curl_slist_append(headers, line);
    }
    CURL *easy = curl_easy_init();
    snprintf(url, sizeof url, "http%s://%s%s", s->tls ? "s" : "", s->endpoint, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (s->tls) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSLCERT, TESTDATA "/etcd/tls/client.pem");
        curl_easy_setopt(easy, CURLOPT_SSLKEY, TESTDATA "/etcd/tls/client-key.pem");
    }
    if (curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return status;
}

static inline void server_exec(const struct server *s)
{
    char client[80], peer[64], cluster[80], data[96];
    const char *scheme = s->tls ? "https" : "http";
    snprintf(client, sizeof client, "%s://%s", scheme, s->endpoint);
    snprintf(peer, sizeof peer, "http://127.0.0.1:%d", s->peer_port);
    snprintf(cluster, sizeof cluster, "default=%s", peer);
    snprintf(data, sizeof data, "%s/data", s->folder);
    const char *argv[40] = { "etcd",
                             "--unsafe-no-fsync",
                             "--data-dir",
                             data,
                             "--listen-client-urls",
                             client,
                             "--advertise-client-urls",
                             client,
                             "--listen-peer-urls",
                             peer,
                             "--initial-advertise-peer-urls",
                             peer,
                             "--initial-cluster",
                             cluster,
                             "--heartbeat-interval",
                             "20",
                             "--election-timeout",
                             "200",
                             "--log-level",
                             "panic" };
    size_t n = 0;
    while (argv[n])
        n++;
    if (s->tls) {
        const char *const tls[] = { "--cert-file",       TESTDATA "/etcd/tls/server.pem",
                                    "--key-file",        TESTDATA "/etcd/tls/server-key.pem",
                                    "--trusted-ca-file", TESTDATA "/etcd/tls/ca.pem",
                                    "--client-cert-auth" };
        for (size_t i = 0; i < sizeof tls / sizeof *tls; i++)
            argv[n++] = tls[i];
    }
    execvp("etcd", (char **)(uintptr_t)argv);
    _exit(127);
}

/* Starts it (again, on the same ports and data) and waits until it answers. */
static inline void server_run(struct server *s)
{
    snprintf(s->endpoint, sizeof s->endpoint, "127.0.0.1:%d", s->port);
    pid_t parent = getpid();
    s->pid = fork();
    ck_assert(s->pid >= 0);
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves no etcd behind */
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        if (getppid() == parent)
            server_exec(s);
        _exit(127);
    }
    for (int i = 0; i < 400; i++) {
        long status = server_post(s, "/v3/kv/range", "{\"key\":\"YQ==\"}", NULL, NULL);
        if (status == 200 || status == 400) /* 400: authentication is on */
            return;
        ck_assert_msg(waitpid(s->pid, NULL, WNOHANG) == 0, "etcd does not run; is it on PATH?");
        usleep(25000);
    }
    ck_abort_msg("etcd does not answer");
}

static inline void server_start(struct server *s, const char *tls)
{
    *s = (struct server){ .port = free_port(), .peer_port = free_port(), .tls = tls };
    snprintf(s->folder, sizeof s->folder, "/tmp/check-etcd-XXXXXX");
    ck_assert(mkdtemp(s->folder) != NULL);
    server_run(s);
}

/* As a power cut would. */
static inline void server_kill(struct server *s)
{
    if (s->pid) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    s->pid = 0;
}

static inline int server_remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* Throws its data away; it must not run. */
static inline void server_wipe(struct server *s)
{
    char data[96];
    snprintf(data, sizeof data, "%s/data", s->folder);
    nftw(data, server_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void server_stop(struct server *s)
{
    server_kill(s);
    nftw(s->folder, server_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* What `during` does to the store, its client cannot see: it runs on another port meanwhile. */
static inline void server_change_unseen(struct server *s, void (*during)(struct server *s))
{
    int port = s->port;
    s->port = free_port();
    server_run(s);
    during(s);
    server_kill(s);
    s->port = port;
    server_run(s);
}

static inline void put_op(struct buf *body, const char *key, const char *value)
{
    buf_puts(body, "{\"request_put\":{\"key\":\"");
    base64_put(body, str_c(key));
    buf_puts(body, "\",\"value\":\"");
    base64_put(body, str_c(value));
    buf_puts(body, "\"}}");
}

static inline void delete_op(struct buf *body, const char *key)
{
    buf_puts(body, "{\"request_delete_range\":{\"key\":\"");
    base64_put(body, str_c(key));
    buf_puts(body, "\"}}");
}

/* One transaction of ready-made operations, parted by commas. */
static inline void server_txn(const struct server *s, const struct buf *ops, const char *token)
{
    struct buf body = { 0 };
    buf_puts(&body, "{\"success\":[");
    buf_put(&body, buf_str(ops));
    buf_puts(&body, "]}");
    ck_assert_int_eq(server_post(s, "/v3/kv/txn", body.p, token, NULL), 200);
    buf_fini(&body);
}

static inline void server_put_as(const struct server *s, const char *key, const char *value,
                                 const char *token)
{
    struct buf op = { 0 };
    put_op(&op, key, value);
    server_txn(s, &op, token);
    buf_fini(&op);
}

static inline void server_put(const struct server *s, const char *key, const char *value)
{
    server_put_as(s, key, value, NULL);
}

static inline void server_delete(const struct server *s, const char *key)
{
    struct buf op = { 0 };
    delete_op(&op, key);
    server_txn(s, &op, NULL);
    buf_fini(&op);
}
