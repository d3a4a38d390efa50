#include "etcd/http.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "etcd/limits.h"

struct etcd_http {
    CURLM *multi;
    const struct etcd_config *config;
};

struct etcd_http *etcd_http_create(const struct etcd_config *config)
{
    CURLM *multi = curl_multi_init();
    if (!multi)
        return NULL;
    struct etcd_http *http = xmalloc(sizeof *http);
    *http = (struct etcd_http){ .multi = multi, .config = config };
    return http;
}

void etcd_http_destroy(struct etcd_http *http)
{
    if (!http)
        return;
    curl_multi_cleanup(http->multi);
    free(http);
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *context)
{
    struct etcd_http_call *call = context;
    struct str s = { bytes, size * n };
    if (call->status == 0)
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
    if (call->receive)
        call->receive(call->context, s);
    else
        buf_put(&call->answer, s);
    return call->answer.failed ? 0 : s.n;
}

/* A peer that is gone must not hold data that waits to be sent for a quarter of an hour. */
static int on_socket(void *context, curl_socket_t socket, curlsocktype purpose)
{
    (void)context, (void)purpose;
    unsigned timeout = ETCD_TCP_TIMEOUT_MS;
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    return CURL_SOCKOPT_OK;
}

/* Material by path is read anew for each connection, so certificates can be renewed in place. */
static void set_material(CURL *easy, struct str material, CURLoption by_path, CURLoption by_bytes)
{
    if (material.n == 0)
        return;
    if (etcd_config_is_pem(material)) {
        struct curl_blob blob = { .data = (void *)(uintptr_t)material.p,
                                  .len = material.n,
                                  .flags = CURL_BLOB_NOCOPY };
        curl_easy_setopt(easy, by_bytes, &blob);
    } else {
        curl_easy_setopt(easy, by_path, material.p);
    }
}

static void set_tls(CURL *easy, const struct etcd_config *config)
{
    set_material(easy, config->ca, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB);
    set_material(easy, config->cert, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB);
    set_material(easy, config->key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
    if (config->ca.n)
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* this CA alone, not the system's beside it */
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 60L);
    if (config->insecure_skip_verify) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

static void set_connection(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says: etcd is near */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a stop does not wait for a name server */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)ETCD_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)ETCD_KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)ETCD_KEEPALIVE_EVERY_S);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)ETCD_READ_BUFFER);
}

static void set_time(CURL *easy, const struct etcd_http_request *request)
{
    if (request->within_ms)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->within_ms);
    else if (!request->endless) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)ETCD_SILENCE_MS / 1000);
    }
}

static struct curl_slist *make_headers(struct str token)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    /* Without it a member that lost its quorum keeps a watch open, in silence. */
    headers = curl_slist_append(headers, "Grpc-Metadata-hasleader: true");
    if (token.n) {
        struct buf line = { 0 };
        buf_printf(&line, "Authorization: %.*s", STR_ARG(token));
        headers = curl_slist_append(headers, line.p);
        buf_fini(&line);
    }
    return headers;
}

void etcd_http_start(struct etcd_http *http, struct etcd_http_call *call,
                     const struct etcd_http_request *request)
{
    *call = (struct etcd_http_call){
        .easy = curl_easy_init(),
        .headers = make_headers(request->token),
        .answer = buf_make(ETCD_MAX_ANSWER),
        .receive = request->receive,
        .context = request->context,
    };
    if (!call->easy) {
        call->done = true;
        call->fault = etcd_fault_make(ETCD_FAULT_CONNECT, STR("libcurl has no handle for us"));
        return;
    }
    buf_put(&call->body, request->body);
    curl_easy_setopt(call->easy, CURLOPT_URL, request->url.p);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->body.p);
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->reason);
    curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
    set_connection(call->easy);
    set_tls(call->easy, http->config);
    set_time(call->easy, request);
    curl_multi_add_handle(http->multi, call->easy);
}

void etcd_http_close(struct etcd_http *http, struct etcd_http_call *call)
{
    if (call->easy) {
        curl_multi_remove_handle(http->multi, call->easy);
        curl_easy_cleanup(call->easy);
    }
    curl_slist_free_all(call->headers);
    if (call->body.p)
        explicit_bzero(call->body.p, call->body.n); /* an authenticate holds the password */
    buf_fini(&call->body);
    buf_fini(&call->answer);
    *call = (struct etcd_http_call){ 0 };
}

static enum etcd_fault_kind kind_of(CURLcode code, bool connected, const char *reason)
{
    switch (code) {
    case CURLE_OK:
        return ETCD_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return connected ? ETCD_FAULT_SILENT : ETCD_FAULT_CONNECT;
    case CURLE_WRITE_ERROR:
        return ETCD_FAULT_TOO_LARGE;
    case CURLE_GOT_NOTHING:
        return ETCD_FAULT_CLOSED;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        return ETCD_FAULT_ANSWER;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
        return ETCD_FAULT_TLS;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: /* with TLS 1.3 a server refuses a client's certificate only after the handshake */
        return strstr(reason, "SSL") ? ETCD_FAULT_TLS : ETCD_FAULT_CONNECT;
    default:
        return ETCD_FAULT_CONNECT;
    }
}

static void finish(struct etcd_http_call *call, CURLcode code)
{
    long connects = 0;
    curl_off_t connected = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(call->easy, CURLINFO_CONNECT_TIME_T, &connected);
    call->done = true;
    enum etcd_fault_kind kind = kind_of(code, connected > 0 || connects == 0, call->reason);
    if (kind == ETCD_FAULT_TOO_LARGE)
        call->fault = etcd_fault_make(kind, STR("an answer larger than 64 MiB"));
    else if (kind)
        call->fault = etcd_fault_make(kind, str_c(call->reason[0] ? call->reason : curl_easy_strerror(code)));
}

void etcd_http_turn(struct etcd_http *http, int64_t wait_ns)
{
    int64_t wait_ms = (wait_ns + ETCD_MS - 1) / ETCD_MS;
    int running, left;
    curl_multi_poll(http->multi, NULL, 0, wait_ms < 0 ? 0 : wait_ms > 60000 ? 60000 : (int)wait_ms, NULL);
    curl_multi_perform(http->multi, &running);
    for (CURLMsg *m; (m = curl_multi_info_read(http->multi, &left));) {
        struct etcd_http_call *call = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
        if (m->msg == CURLMSG_DONE && call)
            finish(call, m->data.result);
    }
}

void etcd_http_wake(struct etcd_http *http)
{
    curl_multi_wakeup(http->multi);
}
