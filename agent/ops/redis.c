#include "ops/redis.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "ops/redis_script.h"
#include "sys/clock.h"

enum {
    MOST_WAITING = 4096, /* calls on one connection; one more fails at once */
    TICK_MS = 100,       /* how often deadlines are looked at */
    RETRY_MS = 200,      /* a server that refused is not asked again at once */
    READ_SIZE = 1 << 16,
};

enum link_state { LINK_DOWN, LINK_RESOLVING, LINK_CONNECTING, LINK_UP };

/* One server. It stays for the loop's life: there are as many as policies name. */
struct link {
    struct redis_links *links;
    struct link *next;
    char id[REDIS_ID + 1]; /* the target's */
    char host[256], port[8];
    struct buf greeting;
    int n_greetings, n_greeting; /* commands in it; of them still without a reply */
    enum link_state state;
    int64_t until_ns, retry_ns; /* of connecting; of the next try */
    const char *fault;
    bool asked_for_name; /* `resolving` is on its way */
    uv_getaddrinfo_t resolving;
    uv_connect_t connecting;
    uv_tcp_t *socket; /* NULL: none; freed when it is closed */
    redisReader *reader;
    struct tls_stream *tls;           /* NULL: in the clear */
    struct redis_call *first, **last; /* in the order of their replies */
    size_t n;
};

struct redis_links {
    uv_loop_t *loop;
    uv_timer_t timer;
    struct link *all;
    char *scratch;
    char script[REDIS_SCRIPT_ID + 1];
    bool stopping;
};

struct writing {
    uv_write_t request;
    struct buf bytes;
};

void redis_target_seal(struct redis_target *t)
{
    struct buf all = { 0 };
    buf_printf(&all, "%zu:%zu:%zu:%d:%lld:", t->host.n, t->username.n, t->password.n, t->port,
               (long long)t->db);
    buf_put(&all, t->host);
    buf_put(&all, t->username);
    buf_put(&all, t->password);
    if (t->encrypted) {
        buf_printf(&all, "|%d:%zu:%zu:", t->tls.insecure, t->tls.ca.n, t->tls.cert.n);
        buf_put(&all, t->tls.ca);
        buf_put(&all, t->tls.cert);
        buf_put(&all, t->tls.key);
    }
    sha256_hex(buf_str(&all), t->id, REDIS_ID);
    explicit_bzero(all.p, all.n);
    buf_fini(&all);
}

static void close_socket(struct link *link);

/* Fails all that wait. They may come back with the next op of their program, but not to this link before it
 * has the state DOWN. */
static void fail(struct link *link, const char *why)
{
    struct redis_call *call = link->first;
    link->first = NULL;
    link->last = &link->first;
    link->n = 0;
    link->fault = why;
    link->retry_ns = clock_monotonic_ns() + RETRY_MS * NS_PER_MS;
    close_socket(link);
    link->state = LINK_DOWN;
    while (call) {
        struct redis_call *next = call->next;
        call->error = why;
        call->finish(call);
        call = next;
    }
}

static void free_socket(uv_handle_t *handle)
{
    free(handle);
}

static void close_socket(struct link *link)
{
    if (link->reader)
        redisReaderFree(link->reader);
    link->reader = NULL;
    tls_stream_destroy(link->tls);
    link->tls = NULL;
    if (link->socket) {
        link->socket->data = NULL;
        uv_close((uv_handle_t *)link->socket, free_socket);
    }
    link->socket = NULL;
}

static void on_written(uv_write_t *request, int status)
{
    struct writing *w = (struct writing *)(void *)request;
    (void)status; /* a broken connection is noticed by reading */
    buf_fini(&w->bytes);
    free(w);
}

/* Takes the bytes over. */
static void send_raw(struct link *link, struct buf *bytes)
{
    if (bytes->n == 0) {
        buf_fini(bytes);
        return;
    }
    struct writing *w = xmalloc(sizeof *w);
    uv_buf_t all;
    *w = (struct writing){ .bytes = *bytes };
    *bytes = (struct buf){ 0 };
    all = uv_buf_init(w->bytes.p, (unsigned)w->bytes.n);
    if (uv_write(&w->request, (uv_stream_t *)link->socket, &all, 1, on_written) < 0) {
        buf_fini(&w->bytes);
        free(w);
    }
}

static void send_bytes(struct link *link, struct buf *bytes)
{
    struct buf hidden = { 0 };
    if (!link->tls) {
        send_raw(link, bytes);
        return;
    }
    tls_stream_put(link->tls, buf_str(bytes), &hidden); /* a broken stream is noticed by reading */
    explicit_bzero(bytes->p, bytes->n);
    buf_fini(bytes);
    send_raw(link, &hidden);
}

static void send_call(struct link *link, struct redis_call *call)
{
    struct buf bytes = { 0 };
    redis_put_take(&bytes, call, (int64_t)(clock_wall() * 1e6), call->whole ? NULL : link->links->script);
    send_bytes(link, &bytes);
}

static void append(struct link *link, struct redis_call *call)
{
    call->next = NULL;
    *link->last = call;
    link->last = &call->next;
    link->n++;
}

/* One reply: of the greeting, or of the first call. false: the connection is of no use. */
static bool take_reply(struct link *link, const redisReply *reply)
{
    if (link->n_greeting > 0) {
        link->n_greeting--;
        if (reply->type == REDIS_REPLY_ERROR) {
            fail(link, "it does not let us in: user, password or database");
            return false;
        }
        return true;
    }
    struct redis_call *call = link->first;
    if (!call) {
        fail(link, "an answer that nobody asked for");
        return false;
    }
    link->first = call->next;
    if (!link->first)
        link->last = &link->first;
    link->n--;
    if (reply->type == REDIS_REPLY_ERROR && !call->whole && strncmp(reply->str, "NOSCRIPT", 8) == 0) {
        call->whole = true; /* once after each start of the server */
        append(link, call);
        send_call(link, call);
        return true;
    }
    char *end = NULL;
    double wait_us = reply->type == REDIS_REPLY_STRING ? strtod(reply->str, &end) : -1;
    bool good = end && end != reply->str && *end == '\0' && wait_us >= 0 && wait_us < 1e15;
    call->error = good                               ? NULL
                  : reply->type == REDIS_REPLY_ERROR ? "it answers with an error"
                                                     : "an odd answer";
    call->wait_ns = good ? (int64_t)(wait_us * 1e3) : 0;
    call->finish(call);
    return true;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct link *link = handle->data;
    (void)suggested;
    *out = link ? uv_buf_init(link->links->scratch, READ_SIZE) : uv_buf_init(NULL, 0);
}

/* The connection is there, and believed: what waits is sent. */
static void greet(struct link *link)
{
    link->state = LINK_UP;
    link->fault = NULL;
    struct buf greeting = { 0 };
    buf_put(&greeting, buf_str(&link->greeting));
    if (greeting.n)
        send_bytes(link, &greeting);
    for (struct redis_call *call = link->first; call; call = call->next)
        send_call(link, call);
}

static void take_plain(struct link *link, struct str bytes)
{
    void *reply = NULL;
    redisReaderFeed(link->reader, bytes.p, bytes.n);
    while (link->reader && redisReaderGetReply(link->reader, &reply) == REDIS_OK && reply) {
        bool good = take_reply(link, reply);
        freeReplyObject(reply);
        reply = NULL;
        if (!good)
            return;
    }
    if (link->reader && link->reader->err)
        fail(link, "what it says is not Redis' protocol");
}

static void take_hidden(struct link *link, struct str bytes)
{
    struct buf plain = { 0 }, out = { 0 };
    bool was_ready = tls_stream_ready(link->tls);
    bool good = tls_stream_feed(link->tls, bytes, &plain, &out);
    send_raw(link, &out);
    if (!good)
        fail(link, was_ready ? "the connection was closed" : "no TLS that can be believed");
    else if (!was_ready && tls_stream_ready(link->tls))
        greet(link);
    if (good && plain.n)
        take_plain(link, buf_str(&plain));
    buf_fini(&plain);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct link *link = stream->data;
    if (!link || n == 0)
        return;
    if (n < 0)
        fail(link, "the connection was closed");
    else if (link->tls)
        take_hidden(link, str_of(bytes->base, (size_t)n));
    else
        take_plain(link, str_of(bytes->base, (size_t)n));
}

static void on_connected(uv_connect_t *request, int status)
{
    struct link *link = request->data;
    if (status == UV_ECANCELED || !link->socket)
        return; /* closed meanwhile */
    if (status < 0) {
        fail(link, "cannot connect");
        return;
    }
    link->reader = redisReaderCreate();
    uv_tcp_nodelay(link->socket, 1);
    uv_read_start((uv_stream_t *)link->socket, on_alloc, on_read);
    if (link->tls)
        take_hidden(link, STR("")); /* begins the handshake */
    else
        greet(link);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct link *link = request->data;
    bool wanted = link->state == LINK_RESOLVING && !link->links->stopping;
    link->asked_for_name = false;
    if (wanted && status < 0) {
        fail(link, "its name cannot be resolved");
    } else if (wanted) {
        link->socket = xmalloc(sizeof *link->socket);
        uv_tcp_init(link->links->loop, link->socket);
        link->socket->data = link;
        link->connecting.data = link;
        link->state = LINK_CONNECTING;
        if (uv_tcp_connect(&link->connecting, link->socket, found->ai_addr, on_connected) < 0)
            fail(link, "cannot connect");
    }
    uv_freeaddrinfo(found);
}

static void connect_link(struct link *link, const struct redis_target *target)
{
    static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    link->state = LINK_RESOLVING;
    link->until_ns = clock_monotonic_ns() + target->dial_ns;
    link->n_greeting = link->n_greetings;
    if (target->encrypted && !(link->tls = tls_stream_create(&target->tls, link->host))) {
        fail(link, "certificates or keys that are of no use");
        return;
    }
    link->resolving.data = link;
    if (link->asked_for_name)
        return; /* still, since a try that was given up */
    link->asked_for_name = true;
    if (uv_getaddrinfo(link->links->loop, &link->resolving, on_resolved, link->host, link->port, &hints) == 0)
        return;
    link->asked_for_name = false;
    fail(link, "its name cannot be resolved");
}

static struct link *link_of(struct redis_links *links, const struct redis_target *target)
{
    struct link *link = links->all;
    while (link && memcmp(link->id, target->id, REDIS_ID) != 0)
        link = link->next;
    if (link)
        return link;
    link = xmalloc(sizeof *link);
    *link = (struct link){ .links = links, .next = links->all };
    link->last = &link->first;
    memcpy(link->id, target->id, sizeof link->id);
    snprintf(link->host, sizeof link->host, "%.*s", STR_ARG(target->host));
    snprintf(link->port, sizeof link->port, "%d", target->port & 0xffff);
    link->n_greetings = redis_put_greeting(&link->greeting, target);
    links->all = link;
    return link;
}

static void on_tick(uv_timer_t *timer)
{
    struct redis_links *links = timer->data;
    int64_t now_ns = clock_monotonic_ns();
    bool busy = false;
    for (struct link *link = links->all; link; link = link->next) {
        bool dialing = link->state == LINK_RESOLVING || link->state == LINK_CONNECTING;
        if (dialing && now_ns > link->until_ns)
            fail(link, "cannot connect in time");
        else if (!dialing && link->first && link->first->until_ns && now_ns > link->first->until_ns)
            fail(link, "no answer in time");
        busy = busy || link->first;
    }
    if (!busy)
        uv_timer_stop(timer);
}

void redis_take(struct redis_links *links, struct redis_call *call)
{
    struct link *link = link_of(links, call->target);
    int64_t now_ns = clock_monotonic_ns();
    bool refused = link->state == LINK_DOWN && link->fault && now_ns < link->retry_ns;
    if (links->stopping || refused || link->n >= MOST_WAITING) {
        call->error = links->stopping ? "the agent stops" : refused ? link->fault : "too many questions wait";
        call->finish(call);
        return;
    }
    call->until_ns = call->target->read_ns ? now_ns + call->target->read_ns : 0;
    append(link, call);
    if (!uv_is_active((uv_handle_t *)&links->timer))
        uv_timer_start(&links->timer, on_tick, TICK_MS, TICK_MS);
    if (link->state == LINK_UP)
        send_call(link, call);
    else if (link->state == LINK_DOWN)
        connect_link(link, call->target);
}

struct redis_links *redis_links_create(uv_loop_t *loop)
{
    struct redis_links *links = xmalloc(sizeof *links);
    *links = (struct redis_links){ .loop = loop, .scratch = xmalloc(READ_SIZE) };
    redis_script_id(links->script);
    uv_timer_init(loop, &links->timer);
    links->timer.data = links;
    return links;
}

void redis_links_stop(struct redis_links *links)
{
    links->stopping = true;
    for (struct link *link = links->all; link; link = link->next) {
        if (link->asked_for_name)
            uv_cancel((uv_req_t *)&link->resolving);
        fail(link, "the agent stops");
    }
    uv_close((uv_handle_t *)&links->timer, NULL);
}

void redis_links_destroy(struct redis_links *links)
{
    while (links->all) {
        struct link *link = links->all;
        links->all = link->next;
        if (link->greeting.n)
            explicit_bzero(link->greeting.p, link->greeting.n);
        buf_fini(&link->greeting);
        free(link);
    }
    free(links->scratch);
    free(links);
}
