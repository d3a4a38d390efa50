#include "control/policy.h"

#include "sys/clock.h"

/* A request may meet its program that long after its record is gone. */
static const int64_t TRIM_AFTER_NS = INT64_C(10000000000);

void policy_fini(struct policy *policy)
{
    program_set_release(policy->programs);
    policy->programs = NULL;
}

/* The programs of both plans, or of the new one alone, by id. */
static size_t merge_programs(struct arena *arena, const struct plan *served, const struct plan *old,
                             const struct plan *new, struct program_source **out)
{
    size_t n_old = old ? old->n_programs : 0, n = 0, i = 0, j = 0;
    struct program_source *all = ARENA_ARRAY(arena, struct program_source, n_old + new->n_programs);
    while (i < n_old || j < new->n_programs) {
        int order = i == n_old             ? 1
                    : j == new->n_programs ? -1
                                           : str_cmp(old->programs[i].id, new->programs[j].id);
        const struct plan_program *program = order <= 0 ? &old->programs[i] : &new->programs[j];
        bool fresh = order > 0 && !(served && plan_program_find(served, program->id));
        all[n++] = (struct program_source){ program->id, program->json, fresh };
        i += order <= 0;
        j += order >= 0;
    }
    *out = all;
    return n;
}

bool policy_publish(struct policy *policy, const struct plan *served, const struct plan *old,
                    const struct plan *new, char error[static 256])
{
    struct program_source *sources;
    struct arena *arena = arena_create();
    size_t n = merge_programs(arena, served, old, new, &sources);
    struct program_set *set = program_set_build(policy->programs, sources, n, error);
    if (set) {
        program_set_release(policy->programs);
        policy->programs = program_set_hold(set);
        agent_publish(policy->agent, set);
    }
    arena_destroy(arena);
    return set != NULL;
}

void policy_trim_later(struct policy *policy)
{
    policy->trim_at_ns = clock_monotonic_ns() + TRIM_AFTER_NS;
}

bool policy_trim_due(struct policy *policy, int64_t now_ns)
{
    bool due = policy->trim_at_ns && now_ns > policy->trim_at_ns;
    if (due)
        policy->trim_at_ns = 0;
    return due;
}
