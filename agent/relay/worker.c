#include "relay/worker.h"

#include <stdio.h>

#include "relay/connection.h"
#include "relay/copies.h"
#include "relay/inner.h"

static void on_connection(uv_stream_t *listener, int status)
{
    struct relay_worker *w = listener->data;
    if (status < 0)
        log_line(w->log, LOG_LINE_ERROR, "relay", "cannot accept on %s: %s", w->loop.path,
                 uv_strerror(status));
    else
        relay_connection_accept(w);
}

static void on_before(uv_prepare_t *before)
{
    relay_connections_flush(before->data);
}

static void on_behind(uv_check_t *behind)
{
    relay_connections_flush(behind->data);
}

static void on_end(uv_async_t *end)
{
    struct relay_worker *w = end->data;
    uv_close((uv_handle_t *)&w->loop.listener, NULL);
    relay_connections_close(w);
    copies_close(w);
    inners_close(w);
    uv_close((uv_handle_t *)&w->before, NULL);
    uv_close((uv_handle_t *)&w->behind, NULL);
    uv_close((uv_handle_t *)&w->end, NULL);
}

static bool add_handles(struct relay_worker *w, char error[static 256])
{
    uv_prepare_init(&w->loop.uv, &w->before);
    uv_check_init(&w->loop.uv, &w->behind);
    w->before.data = w->behind.data = w->end.data = w;
    uv_prepare_start(&w->before, on_before);
    uv_check_start(&w->behind, on_behind);
    int status = uv_async_init(&w->loop.uv, &w->end, on_end);
    if (status < 0)
        snprintf(error, 256, "%s: %s", w->loop.path, uv_strerror(status));
    return status == 0;
}

bool relay_worker_start(struct relay_worker *w, const char *folder, int index, const char *inner,
                        struct log *log, char error[static 256])
{
    *w = (struct relay_worker){ .log = log, .folder = folder, .inner = inner };
    if (!loop_open(&w->loop, folder, "relay", index, on_connection, w, error))
        return false;
    if (add_handles(w, error) && loop_start(&w->loop, error))
        return true;
    loop_drop(&w->loop);
    return false;
}

void relay_worker_stop(struct relay_worker *w)
{
    uv_async_send(&w->end);
    loop_join(&w->loop);
}
