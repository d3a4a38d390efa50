/* What HAProxy tells the agent of a request, any condition of a tree, and any of policy.json. */
#include <assert.h>
#include <stdint.h>

#include "ops/breaker.h"
#include "ops/breaker_event.h"
#include "route/model_breaker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_event(struct str line)
{
    struct breaker_event event;
    struct str id;
    size_t op, n = 0;
    if (!breaker_event_read(line, &event))
        return;
    assert(event.status >= 100 && event.status <= 999 && event.latency_ns >= 0);
    while (breaker_event_next(&event.passed, &id, &op))
        n++;
    assert(n <= line.n);
}

static void fuzz_condition(struct str text)
{
    struct arena *arena = arena_create();
    struct breaker_condition condition;
    const char *fault;
    size_t at;
    bool ok = breaker_condition_read(arena, text, &condition, &fault, &at);
    assert(ok ? condition.n > 0 && condition.n <= BREAKER_MAX_STEPS && !fault : fault != NULL);
    assert(at <= text.n);
    arena_destroy(arena);
}

static void fuzz_policy(struct str text)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *steps =
        text.n && text.n < 100000 ? json_tokener_parse_ex(tokener, text.p, (int)text.n) : NULL;
    struct breaker *breaker = breaker_create(steps, &(struct breaker_times){ 1, 1000, 1000 });
    for (int i = 0; breaker && i < 20; i++) {
        if (breaker_lets_pass(breaker, i * INT64_C(500)))
            breaker_record(breaker, 100 + i * 40, i * INT64_C(1000000), i * INT64_C(500));
    }
    breaker_destroy(breaker);
    json_object_put(steps);
    json_tokener_free(tokener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = str_of((const char *)data, size);
    fuzz_event(all);
    fuzz_condition(all);
    fuzz_policy(all);
    return 0;
}
