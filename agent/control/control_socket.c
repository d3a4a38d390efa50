#include "control/control_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

enum { LONGEST_COMMAND = 256, BACKLOG = 16 };

struct control_socket {
    uv_pipe_t pipe;
    control_answer_fn *answer;
    void *context;
    struct visitor *visitors;
    char path[4200];
};

struct visitor {
    uv_pipe_t pipe;
    uv_write_t write;
    struct control_socket *socket;
    struct visitor *next, **link; /* link: who points here */
    char line[LONGEST_COMMAND];
    size_t n;
    struct buf reply;
};

static void visitor_free(uv_handle_t *handle)
{
    struct visitor *visitor = handle->data;
    buf_fini(&visitor->reply);
    free(visitor);
}

static void visitor_close(struct visitor *visitor)
{
    if (uv_is_closing((uv_handle_t *)&visitor->pipe))
        return;
    *visitor->link = visitor->next;
    if (visitor->next)
        visitor->next->link = visitor->link;
    uv_close((uv_handle_t *)&visitor->pipe, visitor_free);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    visitor_close(write->data);
}

static void send_reply(struct visitor *visitor)
{
    uv_buf_t out = uv_buf_init(visitor->reply.p, (unsigned)visitor->reply.n);
    visitor->write.data = visitor;
    if (uv_write(&visitor->write, (uv_stream_t *)&visitor->pipe, &out, 1, on_written) < 0)
        visitor_close(visitor);
}

void control_socket_reply(struct visitor *visitor, struct str text)
{
    buf_put(&visitor->reply, text);
    send_reply(visitor);
}

static void reply(struct visitor *visitor, struct str command)
{
    struct control_socket *socket = visitor->socket;
    uv_read_stop((uv_stream_t *)&visitor->pipe);
    enum control_answer answer = socket->answer(socket->context, str_trim(command), visitor, &visitor->reply);
    if (answer == CONTROL_UNKNOWN)
        buf_puts(&visitor->reply, "{\"error\":\"unknown command\"}\n");
    if (answer != CONTROL_LATER)
        send_reply(visitor);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct visitor *visitor = handle->data;
    *out = uv_buf_init(visitor->line + visitor->n, (unsigned)(sizeof visitor->line - visitor->n));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *data)
{
    (void)data;
    struct visitor *visitor = stream->data;
    if (n < 0) {
        visitor_close(visitor);
        return;
    }
    visitor->n += (size_t)n;
    struct str got = str_of(visitor->line, visitor->n);
    size_t end = str_find(got, '\n');
    if (end < got.n)
        reply(visitor, str_head(got, end));
    else if (visitor->n == sizeof visitor->line)
        visitor_close(visitor);
}

static void on_visit(uv_stream_t *stream, int status)
{
    struct control_socket *socket = stream->data;
    if (status < 0)
        return;
    struct visitor *visitor = xmalloc(sizeof *visitor);
    *visitor = (struct visitor){ .socket = socket, .next = socket->visitors, .link = &socket->visitors };
    if (visitor->next)
        visitor->next->link = &visitor->next;
    socket->visitors = visitor;
    uv_pipe_init(stream->loop, &visitor->pipe, 0);
    visitor->pipe.data = visitor;
    if (uv_accept(stream, (uv_stream_t *)&visitor->pipe) < 0 ||
        uv_read_start((uv_stream_t *)&visitor->pipe, on_alloc, on_read) < 0)
        visitor_close(visitor);
}

struct control_socket *control_socket_open(uv_loop_t *loop, const char *path, control_answer_fn *answer,
                                           void *context, char error[static 512])
{
    struct control_socket *socket = xmalloc(sizeof *socket);
    *socket = (struct control_socket){ .answer = answer, .context = context };
    snprintf(socket->path, sizeof socket->path, "%s", path);
    uv_pipe_init(loop, &socket->pipe, 0);
    socket->pipe.data = socket;
    unlink(path); /* left by a daemon that was killed: the folder's lock says that none lives */
    mode_t old = umask(0177);
    int status = uv_pipe_bind(&socket->pipe, path);
    umask(old);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&socket->pipe, BACKLOG, on_visit);
    if (status == 0)
        return socket;
    snprintf(error, 512, "cannot listen on %.300s: %s", path, uv_strerror(status));
    control_socket_close(socket);
    return NULL;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void control_socket_close(struct control_socket *socket)
{
    if (!socket)
        return;
    unlink(socket->path);
    while (socket->visitors)
        visitor_close(socket->visitors);
    uv_close((uv_handle_t *)&socket->pipe, on_closed);
}
