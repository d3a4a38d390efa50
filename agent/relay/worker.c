#include "relay/worker.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "relay/connection.h"
#include "relay/copies.h"
#include "relay/inner.h"
#include "sys/unix_socket.h"

enum { BACKLOG = 1024 }; /* HAProxy opens a connection for every request in flight */

static void on_connection(uv_stream_t *listener, int status)
{
    struct relay_worker *w = listener->data;
    if (status < 0)
        log_line(w->log, LOG_LINE_ERROR, "relay", "cannot accept on %s: %s", w->path, uv_strerror(status));
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
    uv_close((uv_handle_t *)&w->listener, NULL);
    relay_connections_close(w);
    copies_close(w);
    inners_close(w);
    uv_close((uv_handle_t *)&w->before, NULL);
    uv_close((uv_handle_t *)&w->behind, NULL);
    uv_close((uv_handle_t *)&w->end, NULL);
}

static void *run(void *context)
{
    struct relay_worker *w = context;
    uv_run(&w->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Of a loop that never ran. */
static void drop_loop(struct relay_worker *w)
{
    uv_walk(&w->loop, close_handle, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    uv_loop_close(&w->loop);
}

static bool init_loop(struct relay_worker *w, int fd, char error[static 256])
{
    int status = uv_loop_init(&w->loop);
    if (status < 0) {
        close(fd);
        snprintf(error, 256, "event loop: %s", uv_strerror(status));
        return false;
    }
    uv_pipe_init(&w->loop, &w->listener, 0);
    uv_prepare_init(&w->loop, &w->before);
    uv_check_init(&w->loop, &w->behind);
    w->listener.data = w->before.data = w->behind.data = w->end.data = w;
    uv_prepare_start(&w->before, on_before);
    uv_check_start(&w->behind, on_behind);
    if ((status = uv_pipe_open(&w->listener, fd)) < 0)
        close(fd);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&w->listener, BACKLOG, on_connection);
    if (status == 0)
        status = uv_async_init(&w->loop, &w->end, on_end);
    if (status == 0)
        return true;
    snprintf(error, 256, "%s: %s", w->path, uv_strerror(status));
    drop_loop(w);
    return false;
}

/* Signals are for the main thread; a worker must not even meet SIGPIPE. */
static int start_thread(struct relay_worker *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

bool relay_worker_start(struct relay_worker *w, const char *folder, int index, const char *inner,
                        struct log *log, char error[static 256])
{
    *w = (struct relay_worker){ .log = log, .folder = folder, .inner = inner };
    int n = snprintf(w->path, sizeof w->path, "%s/relay-%d.sock", folder, index);
    if (n < 0 || (size_t)n >= sizeof w->path) {
        snprintf(error, 256, "%.150s: too long for the name of a socket; name a shorter folder", folder);
        return false;
    }
    int fd = socket_bind(w->path, error);
    if (fd < 0)
        return false;
    if (!init_loop(w, fd, error)) {
        unlink(w->path);
        return false;
    }
    int code = start_thread(w);
    if (code == 0)
        return true;
    snprintf(error, 256, "no thread: %s", strerror(code));
    drop_loop(w);
    unlink(w->path);
    return false;
}

void relay_worker_stop(struct relay_worker *w)
{
    uv_async_send(&w->end);
    pthread_join(w->thread, NULL);
    int left = uv_loop_close(&w->loop);
    assert(left == 0);
    unlink(w->path);
}
