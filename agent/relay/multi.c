#include "relay/multi.h"

#include <stdlib.h>

#include "base/arena.h"

enum {
    MOST_SPARE = 64, /* handles; their buffers are reused */
};

struct multi {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *curl;
    void (*done)(void *handle_private, CURLcode code);
    CURL *spare[MOST_SPARE];
    size_t n_spare;
    bool closing;
};

/* A socket of curl's that the loop watches. */
struct watched {
    uv_poll_t poll;
    struct multi *multi;
    curl_socket_t fd;
};

static void collect(struct multi *m)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(m->curl, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        void *context;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&context);
        curl_multi_remove_handle(m->curl, easy);
        m->done(context, code);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watched *w = poll->data;
    struct multi *m = w->multi;
    int running,
        action = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(m->curl, w->fd, status < 0 ? CURL_CSELECT_ERR : action, &running);
    collect(m);
}

static void on_timer(uv_timer_t *timer)
{
    struct multi *m = timer->data;
    int running;
    curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(m);
}

static void free_watched(uv_handle_t *handle)
{
    free(handle->data);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
    struct multi *m = context;
    struct watched *w = socket_context;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            curl_multi_assign(m->curl, fd, NULL);
            uv_close((uv_handle_t *)&w->poll, free_watched);
        }
        return 0;
    }
    if (!w) {
        w = xmalloc(sizeof *w);
        w->multi = m;
        w->fd = fd;
        w->poll.data = w;
        if (uv_poll_init(m->loop, &w->poll, fd) < 0) {
            free(w);
            return -1;
        }
        curl_multi_assign(m->curl, fd, w);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&w->poll, events, on_poll);
    return 0;
}

static int on_timeout(CURLM *curl, long ms, void *context)
{
    struct multi *m = context;
    (void)curl;
    if (ms < 0 || m->closing) {
        uv_timer_stop(&m->timer);
        return 0;
    }
    uv_update_time(m->loop);
    uv_timer_start(&m->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

struct multi *multi_create(uv_loop_t *loop, void (*done)(void *handle_private, CURLcode code))
{
    struct multi *m = xmalloc(sizeof *m);
    *m = (struct multi){ .loop = loop, .curl = curl_multi_init(), .done = done };
    uv_timer_init(loop, &m->timer);
    m->timer.data = m;
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
    return m;
}

void multi_close(struct multi *m)
{
    m->closing = true;
    while (m->n_spare)
        curl_easy_cleanup(m->spare[--m->n_spare]);
    curl_multi_cleanup(m->curl);
    uv_close((uv_handle_t *)&m->timer, NULL);
}

void multi_destroy(struct multi *m)
{
    free(m);
}

CURL *multi_take(struct multi *m)
{
    return m->n_spare ? m->spare[--m->n_spare] : curl_easy_init();
}

void multi_give_back(struct multi *m, CURL *easy)
{
    if (m->n_spare == MOST_SPARE || m->closing) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    m->spare[m->n_spare++] = easy;
}

bool multi_add(struct multi *m, CURL *easy)
{
    return !m->closing && curl_multi_add_handle(m->curl, easy) == CURLM_OK;
}

void multi_remove(struct multi *m, CURL *easy)
{
    curl_multi_remove_handle(m->curl, easy);
}
