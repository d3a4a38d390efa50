#include <stdio.h>
#include <stdlib.h>

#include "base/strmap.h"
#include "haproxy/resolve.h"
#include "haproxy/servers.h"

/* The address of a server that has none at present: nothing can be sent there, so its requests get 502 at
 * once, as with Traefik. */
static const char nowhere[] = "255.255.255.255";

/* Above this many backends one `show servers state` of all is shorter than one each. */
#define BACKENDS_SINGLY 64

static int compare_to_name(const void *name, const void *backend)
{
    return str_cmp(*(const struct str *)name, ((const struct plan_backend *)backend)->name);
}

const struct plan_backend *servers_backend(const struct runtime_state *state, struct str name)
{
    return state->n_backends
               ? bsearch(&name, state->backends, state->n_backends, sizeof *state->backends, compare_to_name)
               : NULL;
}

struct str servers_path(struct push *push, struct str backend, struct str name)
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
    struct target target = { .step = step, .path = servers_path(push, step->backend, step->server->name) };
    bool waits = waiting_take(&push->applier->waiting, step->backend, step->server->name);
    target.exists = waits || step->kind == STEP_SET_SERVER;
    target.late = turn_has_late(push, step->backend);
    target.done = target.late && step->kind == STEP_SET_SERVER;
    const struct answer *answer = resolve_once(push, answers, step->server->host);
    if (answer->status == RESOLVE_OK)
        memcpy(target.address, answer->address, sizeof target.address);
    else
        warn_unresolved(push, &target);
    if (answer->status != RESOLVE_OK && !target.exists)
        memcpy(target.address, nowhere, sizeof nowhere);
    return target;
}

static void add_set_commands(struct push *push, const struct target *target)
{
    const struct plan_server *server = target->step->server;
    batch_addf(push->batch, "set server %s weight %d", target->path.p, server->weight);
    if (target->address[0])
        batch_addf(push->batch, "set server %s addr %s port %d", target->path.p, target->address,
                   server->port);
}

/* What is added is in maintenance until it is enabled. */
static void add_commands(struct push *push, struct target *target)
{
    const struct plan_server *server = target->step->server;
    target->first = batch_count(push->batch);
    if (target->exists) {
        add_set_commands(push, target);
    } else {
        const char *format = strchr(target->address, ':') ? "add server %s [%s]:%d weight %d%.*s"
                                                          : "add server %s %s:%d weight %d%.*s";
        batch_addf(push->batch, format, target->path.p, target->address, server->port, server->weight,
                   STR_ARG(push_options(push, server)));
    }
    if (!target->late)
        batch_addf(push->batch, "enable server %s", target->path.p);
}

void servers_add_late(struct push *push)
{
    for (size_t i = 0; i < push->turn.n_targets; i++) {
        const struct target *target = &push->turn.targets[i];
        if (target->step->kind == STEP_SET_SERVER)
            add_set_commands(push, target);
        batch_addf(push->batch, "enable server %s", target->path.p);
    }
}

size_t servers_add_read_back(struct push *push, const struct step *steps, size_t n)
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

enum apply_status servers_read_live(struct push *push, size_t first, struct strmap **out)
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

const struct reply_server *servers_find(struct push *push, const struct strmap *live, const struct step *step)
{
    return strmap_get(
        live, arena_printf(push->arena, "%.*s/%.*s", STR_ARG(step->backend), STR_ARG(step->server->name)));
}

static enum apply_status verify_target(struct push *push, const struct target *target,
                                       const struct strmap *live, bool in_use)
{
    const struct plan_server *server = target->step->server;
    const struct reply_server *found = servers_find(push, live, target->step);
    if (!found)
        return push_differs(push, "server %s is not there", target->path.p);
    if (in_use && found->maintenance)
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
    size_t n = (target->exists && target->address[0] ? 2u : 1u) + (target->late ? 0 : 1);
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
    *read_back = servers_add_read_back(push, steps, n);
    status = push_batch(push, "setting servers");
    for (size_t i = 0; i < n_todo && status == APPLY_OK; i++) {
        status = judge_target(push, &targets[todo[i]]);
        *open += is_open(&targets[todo[i]]);
    }
    return status;
}

/* Those of the targets that are late are left to the turn. */
static void leave_late(struct push *push, const struct target *targets, size_t n)
{
    struct target *late = ARENA_ARRAY(push->arena, struct target, n);
    struct step *steps = ARENA_ARRAY(push->arena, struct step, n);
    size_t n_late = 0;
    for (size_t i = 0; i < n; i++)
        if (targets[i].late) {
            steps[n_late] = *targets[i].step;
            late[n_late++] = targets[i];
        }
    push->turn.targets = late;
    push->turn.target_steps = steps;
    push->turn.n_targets = n_late;
}

enum apply_status servers_set(struct push *push, const struct step *steps, size_t n)
{
    struct target *targets = ARENA_ARRAY(push->arena, struct target, n);
    struct strmap *answers = strmap_create(push->arena, 16);
    size_t read_back, open = 0;
    for (size_t i = 0; i < n; i++) {
        targets[i] = make_target(push, &steps[i], answers);
        open += is_open(&targets[i]);
    }
    leave_late(push, targets, n);
    if (open == 0)
        return APPLY_OK;
    struct strmap *live = NULL;
    enum apply_status status = run_round(push, targets, n, steps, &read_back, &open);
    if (status == APPLY_OK && open > 0)
        status = run_round(push, targets, n, steps, &read_back, &open);
    if (status == APPLY_OK && open > 0)
        status = push_differs(push, "%zu servers come and go by another hand", open);
    if (status == APPLY_OK)
        status = servers_read_live(push, read_back, &live);
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        if (!targets[i].late || steps[i].kind == STEP_ADD_SERVER)
            status = verify_target(push, &targets[i], live, !targets[i].late);
    return status;
}

enum apply_status servers_verify_late(struct push *push, size_t first)
{
    struct strmap *live = NULL;
    enum apply_status status = servers_read_live(push, first, &live);
    for (size_t i = 0; i < push->turn.n_targets && status == APPLY_OK; i++)
        status = verify_target(push, &push->turn.targets[i], live, true);
    return status;
}
