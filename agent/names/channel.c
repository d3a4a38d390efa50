#include "names/channel.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"

enum { TIMEOUT_MS = 1000, TRIES = 3 };

struct socket_watch {
    uv_poll_t poll;
    ares_socket_t fd;
    struct channel *channel;
    struct socket_watch *next;
};

struct channel {
    uv_loop_t *loop;
    ares_channel ares;
    struct socket_watch *watches;
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct socket_watch *watch = poll->data;
    bool failed = status < 0;
    ares_process_fd(watch->channel->ares, failed || (events & UV_READABLE) ? watch->fd : ARES_SOCKET_BAD,
                    failed || (events & UV_WRITABLE) ? watch->fd : ARES_SOCKET_BAD);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void forget(struct channel *channel, struct socket_watch *watch)
{
    struct socket_watch **at = &channel->watches;
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    uv_close((uv_handle_t *)&watch->poll, on_closed);
}

static struct socket_watch *watch_socket(struct channel *channel, ares_socket_t fd)
{
    struct socket_watch *watch = xmalloc(sizeof *watch);
    *watch = (struct socket_watch){ .fd = fd, .channel = channel, .next = channel->watches };
    uv_poll_init_socket(channel->loop, &watch->poll, fd);
    watch->poll.data = watch;
    channel->watches = watch;
    return watch;
}

/* c-ares tells which of its sockets it waits for; both false: it is about to close it. */
static void on_socket(void *context, ares_socket_t fd, int readable, int writable)
{
    struct channel *channel = context;
    struct socket_watch *watch = channel->watches;
    while (watch && watch->fd != fd)
        watch = watch->next;
    if (!readable && !writable) {
        if (watch)
            forget(channel, watch);
        return;
    }
    if (!watch)
        watch = watch_socket(channel, fd);
    uv_poll_start(&watch->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_ready);
}

static bool set_servers(struct channel *channel, const struct str *servers, size_t n, char error[static 512])
{
    struct buf list = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_printf(&list, "%s%.*s", i ? "," : "", STR_ARG(servers[i]));
    int status = n ? ares_set_servers_ports_csv(channel->ares, list.p) : ARES_SUCCESS;
    if (status != ARES_SUCCESS)
        snprintf(
            error, 512,
            "--resolver.nameservers=%.300s: not a list of addresses (10.0.0.53, 10.0.0.53:5353, [::1]:53)",
            list.p);
    buf_fini(&list);
    return status == ARES_SUCCESS;
}

struct channel *channel_open(uv_loop_t *loop, const struct str *servers, size_t n, char error[static 512])
{
    struct channel *channel = xmalloc(sizeof *channel);
    struct ares_options options = {
        .timeout = TIMEOUT_MS, .tries = TRIES, .sock_state_cb = on_socket, .sock_state_cb_data = channel
    };
    *channel = (struct channel){ .loop = loop };
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS)
        status = ares_init_options(&channel->ares, &options,
                                   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) {
        snprintf(error, 512, "the resolver cannot start: %s", ares_strerror(status));
        ares_library_cleanup();
        free(channel);
        return NULL;
    }
    if (set_servers(channel, servers, n, error))
        return channel;
    channel_close(channel);
    return NULL;
}

void channel_close(struct channel *channel)
{
    ares_destroy(channel->ares);
    while (channel->watches)
        forget(channel, channel->watches);
    ares_library_cleanup();
    free(channel);
}

ares_channel channel_ares(struct channel *channel)
{
    return channel->ares;
}

void channel_turn(struct channel *channel)
{
    ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}
