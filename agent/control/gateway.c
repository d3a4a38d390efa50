#include "control/gateway.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "control/control_socket.h"
#include "control/mailbox.h"
#include "control/named_files.h"
#include "control/report.h"
#include "control/sources.h"
#include "sys/clock.h"

enum {
    TICK_MS = 100,
    FIRST_TREE_MS = 1500, /* how long a start waits for etcd before the last known good state is served */
    FILE_POLL_MS = 250,
    SAVE_TREE_MS = 1000,
    BUCKETS = 1 << 20,
};

struct gateway {
    const struct settings *settings; /* `own` */
    struct settings own;
    struct log *log;
    char *error; /* of the caller, 512 bytes */
    int status;
    double started;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t tick, first_tree, save_tree;
    uv_signal_t on_term, on_int;
    uv_fs_poll_t file_poll;
    struct exit_watch *exit_watch; /* of the HAProxy master that runs; NULL: none is watched */
    struct state_folder *folder;
    struct control_socket *control;
    struct mailbox *mailbox;
    struct etcd_watch *watch;
    struct sources *sources;
    struct named_files *named_files;
    struct agent *agent;
    struct haproxy *haproxy;
    struct prober *prober;
    struct pusher *pusher;
    char file_error[512];
    bool serving, dirty, ending;
};

static void end(struct gateway *g, int status)
{
    g->ending = true;
    g->status = status;
    uv_stop(&g->loop);
}

static struct emit_paths paths_of(const struct gateway *g)
{
    struct str folder = str_c(state_folder_path(g->folder));
    struct str sockets = g->settings->haproxy.agent_address.n ? g->settings->haproxy.agent_address : folder;
    return (struct emit_paths){ folder, sockets };
}

static struct generation *compile(struct gateway *g, const struct shape *previous)
{
    struct kv_snapshot snapshots[2];
    size_t n = sources_snapshots(g->sources, snapshots);
    struct emit_paths paths = paths_of(g);
    int64_t start = clock_monotonic_ns();
    struct generation *generation = generation_compile(g->settings, snapshots, n, previous, &paths);
    log_line(g->log, LOG_LINE_DEBUG, "compile", "revision %lld: %zu routers, %zu in error, %zu records, %.1f ms",
             (long long)generation->plan->revision, generation->model->n_routers, generation->model->n_routers_out,
             generation->plan->n_routes, (double)(clock_monotonic_ns() - start) / 1e6);
    return generation;
}

static void log_findings(struct gateway *g, const struct diag *diag)
{
    for (size_t i = 0; i < diag_total(diag); i++) {
        const struct finding *f = diag_get(diag, i);
        log_line(g->log, f->severity == SEVERITY_ERROR ? LOG_LINE_ERROR : f->severity == SEVERITY_WARNING ? LOG_LINE_WARN : LOG_LINE_INFO,
                 "tree", "[%s] %.*s: %.*s", finding_name(f->code), STR_ARG(f->key), STR_ARG(f->message));
    }
}

/* An HAProxy that runs already has the shape that is in the folder. */
static const struct shape *shape_of_running(struct gateway *g, struct arena *arena)
{
    struct shape *shape = ARENA_NEW(arena, struct shape);
    bool known = haproxy_is_running(g->haproxy) && state_folder_load_shape(g->folder, arena, shape);
    return known ? shape : NULL;
}

static void start_serving(struct gateway *g)
{
    struct arena *arena = arena_create();
    struct generation *first = compile(g, shape_of_running(g, arena));
    arena_destroy(arena);
    log_findings(g, first->diag);
    g->serving = true;
    uv_timer_stop(&g->first_tree);
    if (!pusher_start(g->pusher, first, g->error))
        end(g, 1);
    else
        log_line(g->log, LOG_LINE_INFO, "gateway", "serving revision %lld from %s",
                 (long long)sources_revision(g->sources), state_folder_path(g->folder));
}

/* From HAProxy 3.4 on a new service needs no spare backend. */
static bool backends_can_be_added(const struct gateway *g)
{
    struct haproxy_version version;
    haproxy_version(g->haproxy, &version);
    return version.major > 3 || (version.major == 3 && version.minor >= 4);
}

static void push_if_dirty(struct gateway *g)
{
    if (!g->serving || !g->dirty || g->ending)
        return;
    struct shape shape = *pusher_shape(g->pusher);
    shape.grows = backends_can_be_added(g);
    struct generation *next = compile(g, &shape);
    if (next->plan->shape_reason.n && pusher_reload_wait_ms(g->pusher) > 0) {
        generation_destroy(next); /* the tick comes back to it; changes until then share one reload */
        return;
    }
    g->dirty = false;
    log_findings(g, next->diag);
    pusher_push(g->pusher, next);
    if (!uv_is_active((uv_handle_t *)&g->save_tree))
        uv_timer_start(&g->save_tree, g->save_tree.timer_cb, SAVE_TREE_MS, 0);
}

static void save_tree(struct gateway *g)
{
    char error[512];
    struct kv_snapshot snapshot = sources_etcd(g->sources);
    if (g->settings->etcd.on && snapshot.revision && !state_folder_save_tree(g->folder, &snapshot, error))
        log_line(g->log, LOG_LINE_ERROR, "state", "%s", error);
    state_folder_sync(g->folder);
}

static void on_save_tree(uv_timer_t *timer)
{
    save_tree(timer->data);
}

/* Before the first tree, a password that etcd refuses ends the program: nobody wants a gateway that waits for ever. */
static void check_first_contact(struct gateway *g)
{
    struct etcd_status status;
    if (g->serving || !g->watch)
        return;
    etcd_watch_status(g->watch, &status);
    if (status.state == ETCD_FAILED_AUTH) {
        snprintf(g->error, 512, "%s", status.error);
        end(g, 1);
    } else if (status.state == ETCD_WAITING) {
        log_line(g->log, LOG_LINE_WARN, "gateway", "etcd cannot be reached: serving the last known good tree (%lld)",
                 (long long)sources_revision(g->sources));
        start_serving(g);
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
    if (any && !g->serving && !g->ending) {
        g->dirty = false;
        start_serving(g);
        save_tree(g);
    }
    push_if_dirty(g);
    if (!g->ending)
        check_first_contact(g);
}

static void on_first_tree_time(uv_timer_t *timer)
{
    struct gateway *g = timer->data;
    if (!g->serving && !g->ending)
        start_serving(g);
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
    pusher_tick(g->pusher);
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
    pusher_tick(g->pusher);
    exit_watch_open(g);
    g->dirty = named_files_changed(g->named_files) || g->dirty;
    push_if_dirty(g);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct gateway *g = handle->data;
    log_line(g->log, LOG_LINE_INFO, "gateway", "signal %d: ending", number);
    end(g, 0);
}

static void on_file_change(uv_fs_poll_t *poll, int status, const uv_stat_t *before, const uv_stat_t *after)
{
    (void)status;
    (void)before;
    (void)after;
    struct gateway *g = poll->data;
    if (sources_read_file(g->sources, g->file_error)) {
        g->dirty = true;
        push_if_dirty(g);
    } else if (g->file_error[0]) {
        log_line(g->log, LOG_LINE_ERROR, "file", "%s", g->file_error);
    }
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

static bool answer(void *context, struct str command, struct buf *out)
{
    struct gateway *g = context;
    struct etcd_status etcd;
    struct agent_stats agent;
    if (!str_eq(command, STR("status")))
        return false;
    if (g->watch)
        etcd_watch_status(g->watch, &etcd);
    agent_stats(g->agent, &agent);
    const struct generation *served = pusher_served(g->pusher);
    struct report report = { .settings = g->settings,
                             .folder = state_folder_path(g->folder),
                             .started = g->started,
                             .revision_seen = sources_revision(g->sources),
                             .pusher = g->pusher,
                             .haproxy = g->haproxy,
                             .prober = g->prober,
                             .etcd = g->watch ? &etcd : NULL,
                             .agent = &agent,
                             .agent_failures = served && served->plan->shape.agent ? pusher_agent_failures(g->pusher) : 0,
                             .file_error = g->file_error };
    report_print(out, &report);
    return true;
}

static bool start_etcd(struct gateway *g)
{
    const struct settings *s = g->settings;
    char error[256];
    if (!s->etcd.on)
        return true;
    struct etcd_settings etcd = { .endpoints = s->etcd.endpoints,
                                  .n_endpoints = s->etcd.n_endpoints,
                                  .root = s->etcd.root_key,
                                  .username = s->etcd.username,
                                  .password = s->etcd.password,
                                  .tls = s->etcd.tls.on,
                                  .ca = s->etcd.tls.ca,
                                  .cert = s->etcd.tls.cert,
                                  .key = s->etcd.tls.key,
                                  .insecure_skip_verify = s->etcd.tls.insecure_skip_verify };
    struct etcd_callbacks callbacks = { deliver, state_changed, g };
    struct arena *arena = arena_create();
    struct kv_snapshot last;
    if (state_folder_load_tree(g->folder, arena, s->etcd.root_key, &last))
        sources_restore(g->sources, &last);
    arena_destroy(arena);
    g->watch = etcd_watch_start(&etcd, &callbacks, g->log, error);
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
        snprintf(g->error, 512, "providers.file.directory is not supported yet: name one file with --providers.file.filename");
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
    struct agent_options agent = { .folder = state_folder_path(g->folder), .workers = s->agent.workers, .buckets = BUCKETS };
    g->agent = agent_start(&agent, g->log, small);
    if (!g->agent) {
        snprintf(g->error, 512, "%s", small);
        return false;
    }
    g->prober = prober_start(haproxy_runtime_path(g->haproxy), g->log);
    g->pusher = pusher_create(&(struct pusher_parts){ g->folder, g->haproxy, g->agent, g->prober, g->log });
    g->sources = sources_create(s);
    snprintf(paths[3], sizeof paths[3], "%s/%s", state_folder_path(g->folder), CONTROL_SOCKET);
    g->control = control_socket_open(&g->loop, paths[3], answer, g, g->error);
    return g->control && start_file(g) && start_etcd(g);
}

static void init_loop(struct gateway *g)
{
    uv_loop_init(&g->loop);
    g->loop.data = g;
    uv_async_init(&g->loop, &g->wake, on_wake);
    uv_timer_init(&g->loop, &g->tick);
    uv_timer_init(&g->loop, &g->first_tree);
    uv_timer_init(&g->loop, &g->save_tree);
    uv_signal_init(&g->loop, &g->on_term);
    uv_signal_init(&g->loop, &g->on_int);
    uv_fs_poll_init(&g->loop, &g->file_poll);
    g->wake.data = g->tick.data = g->first_tree.data = g->save_tree.data = g;
    g->on_term.data = g->on_int.data = g->file_poll.data = g;
    g->save_tree.timer_cb = on_save_tree;
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
    return (int)(longest / 1000000);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* The order matters: no more changes, then HAProxy drains with the agent still answering, then the agent. */
static void stop_parts(struct gateway *g)
{
    etcd_watch_stop(g->watch);
    if (g->sources)
        save_tree(g);
    if (g->haproxy && g->serving)
        haproxy_stop(g->haproxy, grace_ms(g->settings));
    agent_stop(g->agent);
    prober_stop(g->prober);
    pusher_destroy(g->pusher);
    haproxy_destroy(g->haproxy);
    sources_destroy(g->sources);
    control_socket_close(g->control);
    exit_watch_close(g);
    uv_walk(&g->loop, close_handle, NULL);
    uv_run(&g->loop, UV_RUN_DEFAULT);
    uv_loop_close(&g->loop);
    mailbox_destroy(g->mailbox);
    named_files_destroy(g->named_files);
    state_folder_close(g->folder);
}

int gateway_run(const struct settings *settings, struct log *log, char error[static 512])
{
    struct gateway *g = xmalloc(sizeof *g);
    *g = (struct gateway){ .own = *settings, .log = log, .error = error, .started = clock_wall() };
    g->named_files = named_files_create();
    g->own.files = named_files_view(g->named_files);
    g->settings = &g->own;
    signal(SIGPIPE, SIG_IGN);
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
