#include <stdio.h>
#include <stdlib.h>

#include "base/strmap.h"
#include "haproxy/applier.h"
#include "haproxy/resolve.h"
#include "sys/clock.h"

/* The address of a server that has none at present: nothing can be sent there, so its requests get 502 at
 * once, as with Traefik. */
static const char nowhere[] = "255.255.255.255";

/* So long a request may be on its way from its record to the backend that this names: it may wait for the
 * agent in between. */
#define LINGER_MS 10000

/* Above this many backends one `show servers state` of all is shorter than one each. */
#define BACKENDS_SINGLY 64

/* A server that shall be in use as a step says. */
struct target {
    const struct step *step;
    struct str path;                /* backend/server, as a word */
    char address[INET6_ADDRSTRLEN]; /* empty: not known at present, and it keeps the one that it has */
    bool exists;                    /* as far as we know: then it is set right, else added */
    bool done;                      /* HAProxy took its commands */
    size_t first;                   /* number of its first command */
};

static struct str server_path(struct push *push, struct str backend, struct str name)
{
    return arena_printf(push->arena, "%.*s/%.*s", STR_ARG(push_word(push, backend)),
                        STR_ARG(push_word(push, name)));
}

static void warn_unresolved(struct push *push, const struct target *target)
{
    const struct plan_server *server = target->step->server;
    push->applier->counts.unresolved++;
    log_line(push->applier->log, LOG_LINE_WARN, "haproxy",
             "the name \"%.*s\" of a server of %.*s does not resolve: %s", STR_ARG(server->host),
             STR_ARG(target->step->backend),
             target->exists ? "it keeps its address" : "its requests get 502");
}

/* What a name was resolved to in this run: many servers share one, and the resolver may be slow. */
struct answer {
    enum resolve_status status;
    char address[INET6_ADDRSTRLEN];
};

static const struct answer *resolve_once(struct push *push, struct strmap *answers, struct str host)
{
    struct answer *answer = strmap_get(answers, host);
    if (answer)
        return answer;
    answer = ARENA_NEW(push->arena, struct answer);
    answer->status = resolve_host(host, answer->address);
    strmap_put(answers, host, answer);
    return answer;
}

static struct target make_target(struct push *push, const struct step *step, struct strmap *answers)
{
    struct target target = { .step = step, .path = server_path(push, step->backend, step->server->name) };
    bool waits = waiting_take(&push->applier->waiting, step->backend, step->server->name);
    target.exists = waits || step->kind == STEP_SET_SERVER;
    const struct answer *answer = resolve_once(push, answers, step->server->host);
    if (answer->status == RESOLVE_OK)
        memcpy(target.address, answer->address, sizeof target.address);
    else
        warn_unresolved(push, &target);
    if (answer->status != RESOLVE_OK && !target.exists)
        memcpy(target.address, nowhere, sizeof nowhere);
    return target;
}

static void add_commands(struct push *push, struct target *target)
{
    const struct plan_server *server = target->step->server;
    const char *path = target->path.p;
    target->first = batch_count(push->batch);
    if (target->exists) {
        batch_addf(push->batch, "set server %s weight %d", path, server->weight);
        if (target->address[0])
            batch_addf(push->batch, "set server %s addr %s port %d", path, target->address, server->port);
    } else {
        const char *format = strchr(target->address, ':') ? "add server %s [%s]:%d weight %d%.*s"
                                                          : "add server %s %s:%d weight %d%.*s";
        batch_addf(push->batch, format, path, target->address, server->port, server->weight,
                   STR_ARG(push_options(push, server)));
    }
    batch_addf(push->batch, "enable server %s", path);
}

/* Asks for the state of all servers of the backends of the steps; returns the number of the first command. */
static size_t add_read_back(struct push *push, const struct step *steps, size_t n)
{
    size_t first = batch_count(push->batch), backends = 0;
    for (size_t i = 0; i < n; i++)
        backends += i == 0 || !str_eq(steps[i].backend, steps[i - 1].backend);
    if (backends > BACKENDS_SINGLY) {
        batch_add(push->batch, STR("show servers state"));
        return first;
    }
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_eq(steps[i].backend, steps[i - 1].backend))
            batch_addf(push->batch, "show servers state %.*s", STR_ARG(push_word(push, steps[i].backend)));
    return first;
}

/* What the answers from `first` on hold: reply_server by "backend/name". */
static enum apply_status read_live(struct push *push, size_t first, struct strmap **out)
{
    struct strmap *live = strmap_create(push->arena, 64);
    for (size_t i = first; i < batch_count(push->batch); i++) {
        struct reply_servers servers;
        struct reply_server server;
        if (!reply_servers_open(batch_answer(push->batch, i), &servers))
            return push_differs(push, "reading servers back: %.*s",
                                STR_ARG(str_trim(batch_answer(push->batch, i))));
        while (reply_servers_next(&servers, &server)) {
            struct reply_server *copy = ARENA_NEW(push->arena, struct reply_server);
            *copy = server;
            struct str key =
                arena_printf(push->arena, "%.*s/%.*s", STR_ARG(server.backend), STR_ARG(server.name));
            strmap_put(live, key, copy);
        }
        if (servers.broken)
            return push_differs(push, "reading servers back: a line is not understood");
    }
    *out = live;
    return APPLY_OK;
}

static const struct reply_server *find_live(struct push *push, const struct strmap *live,
                                            const struct step *step)
{
    return strmap_get(
        live, arena_printf(push->arena, "%.*s/%.*s", STR_ARG(step->backend), STR_ARG(step->server->name)));
}

static enum apply_status verify_target(struct push *push, const struct target *target,
                                       const struct strmap *live)
{
    const struct plan_server *server = target->step->server;
    const struct reply_server *found = find_live(push, live, target->step);
    if (!found)
        return push_differs(push, "server %s is not there", target->path.p);
    if (found->maintenance)
        return push_differs(push, "server %s is still in maintenance", target->path.p);
    bool same_address = !target->address[0] || str_eq(found->address, str_c(target->address));
    if (!same_address || found->port != server->port || found->weight != server->weight)
        return push_differs(push, "server %s is %.*s port %d weight %d, wanted %s port %d weight %d",
                            target->path.p, STR_ARG(found->address), found->port, found->weight,
                            target->address, server->port, server->weight);
    return APPLY_OK;
}

/* Looks at the answers of one target. If it exists (or not) other than thought, it is turned around and not
 * done. */
static enum apply_status judge_target(struct push *push, struct target *target)
{
    size_t n = target->exists && target->address[0] ? 3 : 2;
    for (size_t i = target->first; i < target->first + n; i++) {
        struct reply reply = reply_classify(batch_answer(push->batch, i));
        if (reply.kind == (target->exists ? REPLY_MISSING : REPLY_ALREADY)) {
            target->exists = !target->exists;
            if (!target->exists && !target->address[0])
                memcpy(target->address, nowhere, sizeof nowhere);
            return APPLY_OK;
        }
        if (reply.kind != REPLY_OK)
            return push_differs(push, "%.*s: %.*s", STR_ARG(batch_command(push->batch, i)),
                                STR_ARG(reply.text));
    }
    target->done = true;
    return APPLY_OK;
}

static bool is_open(const struct target *target)
{
    return !target->done;
}

/* One round trip: the commands of the targets that are open, and the read-back of all. *open: how many still
 * are. */
static enum apply_status run_round(struct push *push, struct target *targets, size_t n,
                                   const struct step *steps, size_t *read_back, size_t *open)
{
    size_t *todo = ARENA_ARRAY(push->arena, size_t, n), n_todo = 0, n_new = 0;
    const struct plan_server **new = ARENA_ARRAY(push->arena, const struct plan_server *, n);
    for (size_t i = 0; i < n; i++)
        if (is_open(&targets[i]) && !targets[i].exists)
            new[n_new++] = targets[i].step->server;
    enum apply_status status = files_load(push, new, n_new);
    *open = 0;
    if (status != APPLY_OK)
        return status;
    batch_reset(push->batch);
    for (size_t i = 0; i < n; i++)
        if (is_open(&targets[i])) {
            todo[n_todo++] = i;
            add_commands(push, &targets[i]);
        }
    *read_back = add_read_back(push, steps, n);
    status = push_batch(push, "setting servers");
    for (size_t i = 0; i < n_todo && status == APPLY_OK; i++) {
        status = judge_target(push, &targets[todo[i]]);
        *open += is_open(&targets[todo[i]]);
    }
    return status;
}

enum apply_status servers_set(struct push *push, const struct step *steps, size_t n)
{
    struct target *targets = ARENA_ARRAY(push->arena, struct target, n);
    struct strmap *answers = strmap_create(push->arena, 16);
    for (size_t i = 0; i < n; i++)
        targets[i] = make_target(push, &steps[i], answers);
    size_t read_back, open;
    struct strmap *live = NULL;
    enum apply_status status = run_round(push, targets, n, steps, &read_back, &open);
    if (status == APPLY_OK && open > 0)
        status = run_round(push, targets, n, steps, &read_back, &open);
    if (status == APPLY_OK && open > 0)
        status = push_differs(push, "%zu servers come and go by another hand", open);
    if (status == APPLY_OK)
        status = read_live(push, read_back, &live);
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        status = verify_target(push, &targets[i], live);
    return status;
}

/* What became of a removed server. Busy ones wait; one that HAProxy will not delete stays in maintenance. */
static enum apply_status judge_removal(struct push *push, const struct step *step, size_t first)
{
    struct reply maintenance = reply_classify(batch_answer(push->batch, first));
    struct reply deletion = reply_classify(batch_answer(push->batch, first + 1));
    if (maintenance.kind != REPLY_OK && maintenance.kind != REPLY_MISSING)
        return push_differs(push, "%.*s: %.*s", STR_ARG(batch_command(push->batch, first)),
                            STR_ARG(maintenance.text));
    if (deletion.kind == REPLY_BUSY)
        waiting_add(&push->applier->waiting, step->backend, step->server->name, 0);
    else if (deletion.kind == REPLY_ERROR)
        log_line(push->applier->log, LOG_LINE_WARN, "haproxy",
                 "server %.*s/%.*s stays, unused, until the next reload: %.*s", STR_ARG(step->backend),
                 STR_ARG(step->server->name), STR_ARG(deletion.text));
    return APPLY_OK;
}

/* The steps that are to be done now; the other servers linger. */
static const struct step *let_linger(struct push *push, const struct step *steps, size_t *n)
{
    struct step *now = ARENA_ARRAY(push->arena, struct step, *n);
    int64_t until = clock_monotonic_ns() + LINGER_MS * NS_PER_MS;
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (steps[i].lingers)
            waiting_add(&push->applier->waiting, steps[i].backend, steps[i].server->name, until);
        else
            now[kept++] = steps[i];
    *n = kept;
    return now;
}

static int compare_to_name(const void *name, const void *backend)
{
    return str_cmp(*(const struct str *)name, ((const struct plan_backend *)backend)->name);
}

static bool has_server(const struct plan_backend *backend, struct str name)
{
    for (size_t i = 0; i < backend->n_servers; i++)
        if (str_eq(backend->servers[i].name, name))
            return true;
    return false;
}

enum apply_status servers_evict(struct push *push, const struct runtime_state *to)
{
    struct waiting *waiting = &push->applier->waiting;
    batch_reset(push->batch);
    for (size_t i = 0; i < waiting->n; i++) {
        struct waiting_server *server = &waiting->p[i];
        const struct plan_backend *backend = NULL;
        if (server->lingers_until_ns && to->n_backends)
            backend =
                bsearch(&server->backend, to->backends, to->n_backends, sizeof *backend, compare_to_name);
        if (!backend || backend->service.n == 0 || has_server(backend, server->name))
            continue; /* one that comes back is set as it shall be, and never out of use */
        server->lingers_until_ns = 0;
        batch_addf(push->batch, "set server %s state maint",
                   server_path(push, server->backend, server->name).p);
    }
    return batch_count(push->batch) ? push_batch(push, "taking servers out of use") : APPLY_OK;
}

void servers_let_go(struct push *push)
{
    struct waiting *waiting = &push->applier->waiting;
    int64_t now = clock_monotonic_ns();
    batch_reset(push->batch);
    for (size_t i = 0; i < waiting->n; i++)
        if (waiting->p[i].lingers_until_ns && waiting->p[i].lingers_until_ns <= now)
            batch_addf(push->batch, "set server %s state maint",
                       server_path(push, waiting->p[i].backend, waiting->p[i].name).p);
    if (batch_count(push->batch) == 0 || push_batch(push, "taking servers out of use") != APPLY_OK)
        return;
    for (size_t i = 0; i < waiting->n; i++)
        if (waiting->p[i].lingers_until_ns <= now)
            waiting->p[i].lingers_until_ns = 0;
}

enum apply_status servers_remove(struct push *push, const struct step *steps, size_t n)
{
    steps = let_linger(push, steps, &n);
    if (n == 0)
        return APPLY_OK;
    for (size_t i = 0; i < n; i++) {
        const char *path = server_path(push, steps[i].backend, steps[i].server->name).p;
        batch_addf(push->batch, "set server %s state maint", path);
        batch_addf(push->batch, "del server %s", path);
    }
    size_t read_back = add_read_back(push, steps, n);
    struct strmap *live = NULL;
    enum apply_status status = push_batch(push, "removing servers");
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        status = judge_removal(push, &steps[i], 2 * i);
    if (status == APPLY_OK)
        status = read_live(push, read_back, &live);
    for (size_t i = 0; i < n && status == APPLY_OK; i++) {
        const struct reply_server *found = find_live(push, live, &steps[i]);
        if (found && !found->maintenance)
            status = push_differs(push, "server %.*s/%.*s is still in use", STR_ARG(steps[i].backend),
                                  STR_ARG(steps[i].server->name));
    }
    return status;
}
