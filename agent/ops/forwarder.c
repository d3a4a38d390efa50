#include "ops/forwarder.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/hex.h"
#include "ops/op.h"
#include "route/url.h"

enum {
    TIMEOUT_MS = 30000, /* Traefik's, for the whole exchange */
    LARGEST_HEADERS = 64 << 10,
    LARGEST_BODY =
        48 << 10, /* what a verdict has room for; a body that is not passed on may have any length */
    MOST_CONNECTIONS = 256, /* that are kept */
};

struct transfer;

struct forwarder {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *multi;
    LIST_HEAD(, transfer) transfers;
    bool stopping;
};

/* A socket of curl's that the loop watches. */
struct watched {
    uv_poll_t poll;
    struct forwarder *forwarder;
    curl_socket_t fd;
};

struct transfer {
    struct forward_call *call;
    CURL *easy;
    struct curl_slist *headers;
    size_t received;
    LIST_ENTRY(transfer) entry; /* in the forwarder's */
};

static void finish(struct transfer *t)
{
    struct forward_call *call = t->call;
    LIST_REMOVE(t, entry);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    free(t);
    call->finish(call);
}

static void collect(struct forwarder *f)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(f->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct transfer *t;
        long status = 0;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(f->multi, t->easy);
        t->call->answer.status = code == CURLE_OK ? (int)status : 0;
        t->call->error = code == CURLE_OK ? NULL : curl_easy_strerror(code);
        finish(t);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watched *w = poll->data;
    struct forwarder *f = w->forwarder;
    int running,
        action = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(f->multi, w->fd, status < 0 ? CURL_CSELECT_ERR : action, &running);
    collect(f);
}

static void on_timer(uv_timer_t *timer)
{
    struct forwarder *f = timer->data;
    int running;
    curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(f);
}

static void free_watched(uv_handle_t *handle)
{
    free(handle->data);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
    struct forwarder *f = context;
    struct watched *w = socket_context;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            curl_multi_assign(f->multi, fd, NULL);
            uv_close((uv_handle_t *)&w->poll, free_watched);
        }
        return 0;
    }
    if (!w) {
        w = xmalloc(sizeof *w);
        w->forwarder = f;
        w->fd = fd;
        w->poll.data = w;
        if (uv_poll_init(f->loop, &w->poll, fd) < 0) {
            free(w);
            return -1;
        }
        curl_multi_assign(f->multi, fd, w);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&w->poll, events, on_poll);
    return 0;
}

static int on_timeout(CURLM *multi, long ms, void *context)
{
    struct forwarder *f = context;
    (void)multi;
    if (ms < 0 || f->stopping) {
        uv_timer_stop(&f->timer);
        return 0;
    }
    uv_update_time(f->loop);
    uv_timer_start(&f->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

struct forwarder *forwarder_create(uv_loop_t *loop)
{
    struct forwarder *f = xmalloc(sizeof *f);
    *f = (struct forwarder){ .loop = loop, .multi = curl_multi_init() };
    uv_timer_init(loop, &f->timer);
    f->timer.data = f;
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)MOST_CONNECTIONS);
    return f;
}

void forwarder_stop(struct forwarder *f)
{
    f->stopping = true;
    while (!LIST_EMPTY(&f->transfers)) {
        struct transfer *t = LIST_FIRST(&f->transfers);
        curl_multi_remove_handle(f->multi, t->easy);
        t->call->answer.status = 0;
        t->call->error = "the agent stops";
        finish(t);
    }
    curl_multi_cleanup(f->multi);
    uv_close((uv_handle_t *)&f->timer, NULL);
}

void forwarder_destroy(struct forwarder *f)
{
    free(f);
}

/* A status line begins anew: what a 1xx said does not count. */
static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    struct buf *headers = &t->call->answer.headers;
    struct str line = str_trim(str_of(bytes, size * n));
    if (str_starts(line, STR("HTTP/")) && str_find(line, ':') > str_find(line, ' ')) {
        buf_reset(headers);
        return size * n;
    }
    if (headers->n + line.n + 1 > LARGEST_HEADERS) {
        t->call->too_large = true;
        return 0;
    }
    if (line.n) {
        buf_put(headers, line);
        buf_putc(headers, '\n');
    }
    return size * n;
}

static bool is_passed_on(const struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status < 200 || status > 299;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    int64_t most = t->call->op->max_response;
    t->received += n;
    if (most >= 0 && t->received > (size_t)most) {
        t->call->over_limit = true;
        return 0;
    }
    if (!is_passed_on(t))
        return n;
    if (t->received > LARGEST_BODY) {
        t->call->too_large = true;
        return 0;
    }
    buf_put(&t->call->answer.body, str_of(bytes, size * n));
    return n;
}

static void set_tls(CURL *easy, const struct forward_auth *op)
{
    const struct {
        CURLoption option;
        struct str pem;
    } blobs[] = { { CURLOPT_CAINFO_BLOB, op->ca },
                  { CURLOPT_SSLCERT_BLOB, op->cert },
                  { CURLOPT_SSLKEY_BLOB, op->key } };
    for (size_t i = 0; i < sizeof blobs / sizeof *blobs; i++)
        if (blobs[i].pem.n) {
            struct curl_blob blob = { (void *)blobs[i].pem.p, blobs[i].pem.n, CURL_BLOB_NOCOPY };
            curl_easy_setopt(easy, blobs[i].option, &blob);
        }
    if (op->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

/* A header without a value is written "Name;" for curl, and one of its own is taken away by "Name:". */
static struct curl_slist *list_of(struct str lines)
{
    static const char *const own[] = { "Expect:", "Accept:", "Content-Type:" };
    struct curl_slist *list = NULL;
    struct str name, value;
    struct buf line = { 0 };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        list = curl_slist_append(list, own[i]);
    while (forward_line(&lines, &name, &value)) {
        buf_reset(&line);
        buf_put(&line, name);
        buf_puts(&line, value.n ? ": " : ";");
        buf_put(&line, value);
        list = curl_slist_append(list, line.p);
    }
    buf_fini(&line);
    return list;
}

static void set_request(struct transfer *t)
{
    struct forward_call *call = t->call;
    char method[64];
    snprintf(method, sizeof method, "%.*s", STR_ARG(call->method));
    if (call->has_body) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, call->body.n ? call->body.p : "");
    }
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    if (call->decode)
        curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

/* The address as Go sends it: what no path may hold as codes, and not at all without http:// or https://,
 * which curl would guess. NUL at its end. */
static bool put_address(struct buf *out, struct str address)
{
    size_t scheme = url_scheme_length(address);
    struct str name = str_head(address, scheme);
    for (size_t i = 0; i < address.n; i++) {
        unsigned char c = (unsigned char)address.p[i];
        if (c == ' ' || c >= 0x80)
            hex_put_code(out, '%', (char)c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '\0');
    return (str_eq_nocase(name, STR("http")) || str_eq_nocase(name, STR("https"))) &&
           str_starts(str_from(address, scheme), STR("://"));
}

void forwarder_start(struct forwarder *f, struct forward_call *call)
{
    struct transfer *t = xmalloc(sizeof *t);
    struct buf url = { 0 };
    *t = (struct transfer){ .call = call, .easy = curl_easy_init(), .headers = list_of(call->headers) };
    LIST_INSERT_HEAD(&f->transfers, t, entry);
    bool is_url = put_address(&url, call->op->address);
    curl_easy_setopt(t->easy, CURLOPT_URL, url.p);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    set_request(t);
    set_tls(t->easy, call->op);
    buf_fini(&url);
    if (!f->stopping && is_url && curl_multi_add_handle(f->multi, t->easy) == CURLM_OK)
        return;
    call->answer.status = 0;
    call->error = "it cannot be asked";
    finish(t);
}
