#include "haproxy/servers.h"
#include "sys/clock.h"

/* So long a request may be on its way from its record to the backend that this names: it may wait for the
 * agent in between. */
#define LINGER_MS 10000

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
        const struct plan_backend *backend =
            server->lingers_until_ns ? servers_backend(to, server->backend) : NULL;
        if (!backend || backend->service.n == 0 || has_server(backend, server->name))
            continue; /* one that comes back is set as it shall be, and never out of use */
        server->lingers_until_ns = 0;
        batch_addf(push->batch, "set server %s state maint",
                   servers_path(push, server->backend, server->name).p);
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
                       servers_path(push, waiting->p[i].backend, waiting->p[i].name).p);
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
        const char *path = servers_path(push, steps[i].backend, steps[i].server->name).p;
        batch_addf(push->batch, "set server %s state maint", path);
        batch_addf(push->batch, "del server %s", path);
    }
    size_t read_back = servers_add_read_back(push, steps, n);
    struct strmap *live = NULL;
    enum apply_status status = push_batch(push, "removing servers");
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        status = judge_removal(push, &steps[i], 2 * i);
    if (status == APPLY_OK)
        status = servers_read_live(push, read_back, &live);
    for (size_t i = 0; i < n && status == APPLY_OK; i++) {
        const struct reply_server *found = servers_find(push, live, &steps[i]);
        if (found && !found->maintenance)
            status = push_differs(push, "server %.*s/%.*s is still in use", STR_ARG(steps[i].backend),
                                  STR_ARG(steps[i].server->name));
    }
    return status;
}
