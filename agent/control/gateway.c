#include "control/gateway.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "control/daemon.h"
#include "control/store_settings.h"
#include "sys/clock.h"

enum {
    TICK_MS = 100,
    FIRST_TREE_MS = 1500, /* how long a start waits for etcd before the last known good state is served */
    FIRST_WORD_S = 5,     /* how long for its first word, where there is no such state */
    FIRST_LIST_S = 20,    /* how long for a tree that it is sending */
    FILE_POLL_MS = 250,
};

void gateway_end(struct gateway *g, int status)
{
    g->ending = true;
    g->status = status;
    uv_stop(&g->loop);
}

/* Before the first tree, a password that etcd refuses ends the program: nobody wants a gateway that waits for
 * ever. */
static void check_first_contact(struct gateway *g)
{
    struct etcd_status status;
    if (g->serving || !g->watch)
        return;
    etcd_watch_status(g->watch, &status);
    if (status.state == ETCD_FAILED_AUTH) {
        snprintf(g->error, 512, "%s", status.error);
        gateway_end(g, 1);
    } else if (status.state == ETCD_WAITING) {
        log_line(g->log, LOG_LINE_WARN, "gateway",
                 "etcd cannot be reached: serving the last known good tree (%lld)",
                 (long long)sources_revision(g->sources));
        serve_start(g);
    }
}

static void on_wake(uv_async_t *async)
{
    struct gateway *g = async->data;
    struct etcd_batch *batch;
    bool any = false;
    while ((batch = mailbox_take(g->mailbox))) {
        any = true;
        if (sources_take(g->sources, batch))
            g->dirty = true;
        etcd_batch_destroy(batch);
    }
    if ((any || uv_is_active((uv_handle_t *)&g->names_wait)) && !g->serving && !g->ending)
        serve_start(g);
    serve_if_dirty(g);
    if (!g->ending)
        check_first_contact(g);
}

/* A large tree takes its time: as long as it is on its way, and there is none to serve meanwhile, it is
 * waited for. */
static bool is_first_tree_coming(const struct gateway *g)
{
    struct etcd_status status;
    struct kv_snapshot file;
    if (!g->watch || sources_revision(g->sources) > 0 || sources_file(g->sources, &file))
        return false;
    double waited = clock_wall() - g->started;
    etcd_watch_status(g->watch, &status);
    return (status.state == ETCD_CONNECTING && waited < FIRST_WORD_S) ||
           (status.state == ETCD_LISTING && waited < FIRST_LIST_S);
}

static void on_first_tree_time(uv_timer_t *timer)
{
    struct gateway *g = timer->data;
    if (g->serving || g->ending)
        return;
    if (is_first_tree_coming(g))
        uv_timer_start(timer, on_first_tree_time, TICK_MS, 0);
    else
        serve_start(g);
}

struct exit_watch {
    uv_poll_t poll;
    int fd; /* a duplicate, so that it is ours to close */
};

static void exit_watch_free(uv_handle_t *handle)
{
    struct exit_watch *watch = handle->data;
    close(watch->fd);
    free(watch);
}

static void exit_watch_close(struct gateway *g)
{
    if (g->exit_watch)
        uv_close((uv_handle_t *)&g->exit_watch->poll, exit_watch_free);
    g->exit_watch = NULL;
}

static void on_master_exit(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct gateway *g = poll->loop->data;
    exit_watch_close(g);
    if (pusher_tick(g->pusher))
        helm_served_late(g->helm);
}

/* A dead master is noticed at once, not with the next tick: until it runs again nobody is served. */
static void exit_watch_open(struct gateway *g)
{
    int fd = g->exit_watch ? -1 : haproxy_exit_fd(g->haproxy);
    int own = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (own < 0)
        return;
    g->exit_watch = xmalloc(sizeof *g->exit_watch);
    g->exit_watch->fd = own;
    uv_poll_init(&g->loop, &g->exit_watch->poll, own);
    g->exit_watch->poll.data = g->exit_watch;
    uv_poll_start(&g->exit_watch->poll, UV_READABLE, on_master_exit);
}

static void on_tick(uv_timer_t *timer)
{
    struct gateway *g = timer->data;
    if (pusher_tick(g->pusher))
        helm_served_late(g->helm);
    exit_watch_open(g);
    if (named_files_changed(g->named_files))
        g->dirty = g->whole = true;
    serve_if_dirty(g);
    serve_grow(g);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct gateway *g = handle->data;
    log_line(g->log, LOG_LINE_INFO, "gateway", "signal %d: ending", number);
    gateway_end(g, 0);
}

static void on_file_change(uv_fs_poll_t *poll, int status, const uv_stat_t *before, const uv_stat_t *after)
{
    (void)status;
    (void)before;
    (void)after;
    struct gateway *g = poll->data;
    if (sources_read_file(g->sources, g->file_error)) {
        g->dirty = g->whole = true;
        serve_if_dirty(g);
    } else if (g->file_error[0]) {
        log_line(g->log, LOG_LINE_ERROR, "file", "%s", g->file_error);
    }
}

/* Within c-ares, or within a compile: what follows waits for the loop. */
static void on_names(void *context)
{
    struct gateway *g = context;
    g->dirty = g->whole = true;
    uv_async_send(&g->wake);
}

/* On the etcd thread: */
static void wake_up(void *context)
{
    struct gateway *g = context;
    uv_async_send(&g->wake);
}

static void deliver(void *context, struct etcd_batch *batch)
{
    struct gateway *g = context;
    mailbox_put(g->mailbox, batch);
}

static void state_changed(void *context, enum etcd_state state)
{
    (void)state;
    wake_up(context);
}

static bool start_etcd(struct gateway *g)
{
    const struct settings *s = g->settings;
    char error[256];
    if (!s->etcd.on)
        return true;
    g->etcd = store_settings(s);
    struct etcd_callbacks callbacks = { deliver, state_changed, g };
    struct arena *arena = arena_create();
    struct kv_snapshot last;
    bool any = state_folder_load_tree(g->folder, arena, s->etcd.root_key, &last);
    if (any)
        sources_restore(g->sources, &last);
    helm_restore(g->helm, any ? &last : NULL);
    arena_destroy(arena);
    g->watch = etcd_watch_start(&g->etcd, &callbacks, g->log, error);
    if (!g->watch)
        snprintf(g->error, 512, "%s", error);
    return g->watch != NULL;
}

static bool start_file(struct gateway *g)
{
    const struct settings *s = g->settings;
    char path[4096];
    if (!s->file.on)
        return true;
    if (s->file.filename.n == 0) {
        snprintf(
            g->error, 512,
            "providers.file.directory is not supported yet: name one file with --providers.file.filename");
        return false;
    }
    sources_read_file(g->sources, g->file_error);
    if (g->file_error[0])
        log_line(g->log, LOG_LINE_ERROR, "file", "%s", g->file_error);
    snprintf(path, sizeof path, "%.*s", STR_ARG(s->file.filename));
    if (s->file.watch)
        uv_fs_poll_start(&g->file_poll, on_file_change, path, FILE_POLL_MS);
    return true;
}

static bool start_parts(struct gateway *g)
{
    const struct settings *s = g->settings;
    char paths[4][4200], small[256];
    const struct str texts[] = { s->haproxy.binary, s->haproxy.master_socket, s->haproxy.runtime_socket };
    for (size_t i = 0; i < 3; i++)
        snprintf(paths[i], sizeof paths[i], "%.*s", STR_ARG(texts[i]));
    g->folder = state_folder_open(s, g->error);
    if (!g->folder)
        return false;
    struct haproxy_options haproxy = { .binary = texts[0].n ? paths[0] : NULL,
                                       .folder = state_folder_path(g->folder),
                                       .master_socket = texts[1].n ? paths[1] : NULL,
                                       .runtime_socket = texts[2].n ? paths[2] : NULL };
    g->haproxy = haproxy_create(&haproxy, g->log, g->error);
    if (!g->haproxy)
        return false;
    struct agent_options agent = { .folder = state_folder_path(g->folder),
                                   .workers = s->agent.workers,
                                   .buckets = (size_t)s->agent.buckets };
    g->agent = agent_start(&agent, g->log, small);
    if (!g->agent) {
        snprintf(g->error, 512, "%s", small);
        return false;
    }
    snprintf(paths[3], sizeof paths[3], "%s/" RELAYED_SOCKET, agent.folder);
    struct relay_options relay = { .folder = agent.folder, .inner = paths[3], .workers = s->agent.workers };
    g->relay = relay_start(&relay, g->log, small);
    if (!g->relay) {
        snprintf(g->error, 512, "%s", small);
        return false;
    }
    g->prober = prober_start(haproxy_runtime_path(g->haproxy), g->log);
    const char *folder = state_folder_path(g->folder);
    struct emit_paths places = { str_c(folder),
                                 s->haproxy.agent_address.n ? s->haproxy.agent_address : str_c(folder) };
    g->scribe = scribe_start(&(struct scribe_parts){ g->folder, places, s, g->log }, g->error);
    if (!g->scribe)
        return false;
    g->pusher = pusher_create(
        &(struct pusher_parts){ folder, g->scribe, g->haproxy, g->agent, g->prober, g->log, s });
    g->growth = growth_create(&(struct growth_parts){ g->pusher, g->scribe, g->haproxy, s, g->log });
    g->sources = sources_create(s);
    g->helm = helm_create(s, g->sources, state_folder_path(g->folder), g->log);
    g->since = since_create();
    struct names_options names = { s->resolver.nameservers, s->resolver.n_nameservers, on_names, g };
    g->names = names_create(&g->loop, &names, g->log, g->error);
    if (!g->names)
        return false;
    snprintf(paths[3], sizeof paths[3], "%s/%s", state_folder_path(g->folder), CONTROL_SOCKET);
    g->control = control_socket_open(&g->loop, paths[3], orders_answer, g, g->error);
    return g->control && start_file(g) && start_etcd(g);
}

static void init_loop(struct gateway *g)
{
    uv_loop_init(&g->loop);
    g->loop.data = g;
    uv_async_init(&g->loop, &g->wake, on_wake);
    uv_timer_init(&g->loop, &g->tick);
    uv_timer_init(&g->loop, &g->first_tree);
    uv_timer_init(&g->loop, &g->names_wait);
    uv_timer_init(&g->loop, &g->growing);
    uv_signal_init(&g->loop, &g->on_term);
    uv_signal_init(&g->loop, &g->on_int);
    uv_fs_poll_init(&g->loop, &g->file_poll);
    g->wake.data = g->tick.data = g->first_tree.data = g->names_wait.data = g->growing.data = g;
    g->on_term.data = g->on_int.data = g->file_poll.data = g;
    g->mailbox = mailbox_create(wake_up, g);
    uv_signal_start(&g->on_term, on_signal, SIGTERM);
    uv_signal_start(&g->on_int, on_signal, SIGINT);
}

static int grace_ms(const struct settings *settings)
{
    int64_t longest = 0;
    for (size_t i = 0; i < settings->n_entry_points; i++)
        if (settings->entry_points[i].grace_timeout_ns > longest)
            longest = settings->entry_points[i].grace_timeout_ns;
    return (int)(longest / NS_PER_MS);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* The order matters: no more changes, then HAProxy drains with agent and relay still answering, then those.
 */
static void stop_parts(struct gateway *g)
{
    etcd_watch_stop(g->watch);
    growth_destroy(g->growth);
    if (g->scribe)
        scribe_flush(g->scribe);
    if (g->haproxy && g->serving)
        haproxy_stop(g->haproxy, grace_ms(g->settings));
    agent_stop(g->agent);
    relay_stop(g->relay);
    prober_stop(g->prober);
    scribe_stop(g->scribe);
    ledger_destroy(g->ledger);
    generation_release(g->ledger_of);
    pusher_destroy(g->pusher);
    haproxy_destroy(g->haproxy);
    helm_destroy(g->helm);
    since_destroy(g->since);
    sources_destroy(g->sources);
    names_close(g->names);
    control_socket_close(g->control);
    exit_watch_close(g);
    uv_walk(&g->loop, close_handle, NULL);
    uv_run(&g->loop, UV_RUN_DEFAULT);
    uv_loop_close(&g->loop);
    mailbox_destroy(g->mailbox);
    named_files_destroy(g->named_files);
    buf_fini(&g->default_certificate);
    pem_cache_destroy(g->own.pems);
    state_folder_close(g->folder);
}

int gateway_run(const struct settings *settings, struct log *log, char error[static 512])
{
    struct gateway *g = xmalloc(sizeof *g);
    *g = (struct gateway){ .own = *settings, .log = log, .error = error, .started = clock_wall() };
    g->named_files = named_files_create();
    g->own.files = named_files_view(g->named_files);
    g->own.pems = pem_cache_create();
    g->settings = &g->own;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error, no end */
    init_loop(g);
    if (start_parts(g)) {
        uv_timer_start(&g->tick, on_tick, TICK_MS, TICK_MS);
        uv_timer_start(&g->first_tree, on_first_tree_time, settings->etcd.on ? FIRST_TREE_MS : 0, 0);
        while (!g->ending)
            uv_run(&g->loop, UV_RUN_DEFAULT);
    } else {
        g->status = 1;
    }
    stop_parts(g);
    int status = g->status;
    free(g);
    return status;
}
