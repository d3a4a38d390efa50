#include "sys/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/unix_socket.h"

enum { BACKLOG = 1024 }; /* HAProxy opens a connection for every request in flight */

static void *run(void *context)
{
    struct loop *loop = context;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    return NULL;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_drop(struct loop *loop)
{
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    unlink(loop->path);
}

bool loop_open(struct loop *loop, const char *folder, const char *name, int index,
               uv_connection_cb on_connection, void *context, char error[static 256])
{
    int n = snprintf(loop->path, sizeof loop->path, "%s/%s-%d.sock", folder, name, index);
    if (n < 0 || (size_t)n >= sizeof loop->path) {
        snprintf(error, 256, "%.150s: too long for the name of a socket; name a shorter folder", folder);
        return false;
    }
    int fd = socket_bind(loop->path, error);
    if (fd < 0)
        return false;
    int status = uv_loop_init(&loop->uv);
    if (status < 0) {
        close(fd);
        unlink(loop->path);
        snprintf(error, 256, "event loop: %s", uv_strerror(status));
        return false;
    }
    uv_pipe_init(&loop->uv, &loop->listener, 0);
    loop->listener.data = context;
    if ((status = uv_pipe_open(&loop->listener, fd)) < 0)
        close(fd);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&loop->listener, BACKLOG, on_connection);
    if (status == 0)
        return true;
    snprintf(error, 256, "%s: %s", loop->path, uv_strerror(status));
    loop_drop(loop);
    return false;
}

/* Signals are for the main thread; a worker must not even meet SIGPIPE. */
bool loop_start(struct loop *loop, char error[static 256])
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&loop->thread, NULL, run, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0)
        snprintf(error, 256, "no thread: %s", strerror(code));
    return code == 0;
}

void loop_join(struct loop *loop)
{
    pthread_join(loop->thread, NULL);
    int left = uv_loop_close(&loop->uv);
    assert(left == 0);
    unlink(loop->path);
}
