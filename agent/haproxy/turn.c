#include "haproxy/servers.h"
#include "sys/crash.h"

/* Larger backends even out by themselves before anybody could tell. */
enum { MOST_SERVERS = 32 };

static bool changes_servers(enum step_kind kind)
{
    return kind == STEP_ADD_SERVER || kind == STEP_SET_SERVER || kind == STEP_REMOVE_SERVER;
}

static bool has_shares(const struct plan_backend *backend)
{
    for (size_t i = 1; i < backend->n_servers; i++)
        if (backend->servers[i].weight != backend->servers[0].weight)
            return backend->n_servers <= MOST_SERVERS;
    return false;
}

/* A server's place in HAProxy's round robin comes from the weights at the time when it came; when others come
 * or go behind it, the first turns are up to one short or long for each. Setting a weight makes a new place:
 * so each is set to another one and back. */
static void add_even_turns(struct push *push)
{
    const struct turn *turn = &push->turn;
    struct strmap *done = strmap_create(push->arena, 8);
    for (size_t i = 0; i < turn->steps->n; i++) {
        const struct step *step = &turn->steps->p[i];
        const struct plan_backend *backend = NULL;
        if (changes_servers(step->kind) && !strmap_put(done, step->backend, (void *)step))
            backend = servers_backend(turn->to, step->backend);
        if (!backend || !has_shares(backend))
            continue;
        for (int pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < backend->n_servers; j++) {
                int weight = backend->servers[j].weight, other = weight > 1 ? weight - 1 : 2;
                batch_addf(push->batch, "set server %s weight %d",
                           servers_path(push, backend->name, backend->servers[j].name).p,
                           pass ? weight : other);
            }
    }
}

bool turn_has_late(struct push *push, struct str backend)
{
    const struct runtime_state *before = push->turn.before;
    const struct plan_backend *known = before ? servers_backend(before, backend) : NULL;
    return known && known->n_servers > 0;
}

void turn_begin(struct push *push)
{
    struct turn *turn = &push->turn;
    if (turn->done)
        return;
    servers_add_late(push);
    for (size_t i = 0; i < turn->steps->n; i++) {
        const struct step *step = &turn->steps->p[i];
        if (step->kind == STEP_REMOVE_SERVER && !step->lingers)
            batch_addf(push->batch, "set server %s state maint",
                       servers_path(push, step->backend, step->server->name).p);
    }
    add_even_turns(push);
}

void turn_end(struct push *push)
{
    if (!push->turn.done)
        push->turn.read_back = servers_add_read_back(push, push->turn.target_steps, push->turn.n_targets);
}

enum apply_status turn_judge(struct push *push)
{
    struct turn *turn = &push->turn;
    enum apply_status status =
        !turn->done && turn->n_targets ? servers_verify_late(push, turn->read_back) : APPLY_OK;
    turn->done = true;
    return status;
}

enum apply_status turn_alone(struct push *push)
{
    batch_reset(push->batch);
    turn_begin(push);
    turn_end(push);
    if (batch_count(push->batch) == 0) {
        push->turn.done = true;
        return APPLY_OK;
    }
    crash_at(CRASH_TURN);
    enum apply_status status = push_batch(push, "taking servers in and out of use");
    return status == APPLY_OK ? turn_judge(push) : status;
}
