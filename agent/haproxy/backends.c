#include "emit/emit.h"
#include "haproxy/applier.h"

static bool says(struct str answer, const char *text)
{
    return str_search(answer, str_c(text)) != SIZE_MAX;
}

enum apply_status backends_read(struct push *push, struct strmap **out)
{
    struct strmap *names = strmap_create(push->arena, 64);
    batch_reset(push->batch);
    batch_add(push->batch, STR("show backend"));
    enum apply_status status = push_batch(push, "reading the backends");
    if (status != APPLY_OK)
        return status;
    struct str rest = arena_copy(push->arena, batch_answer(push->batch, 0)), name;
    while (reply_backend_next(&rest, &name))
        strmap_put(names, name, names);
    *out = names;
    return APPLY_OK;
}

/* One that is there already may be left from a run that was cut short: it only has to be published. */
enum apply_status backends_add(struct push *push, const struct step *steps, size_t n)
{
    struct strmap *live = NULL;
    for (size_t i = 0; i < n; i++) {
        struct str name = push_word(push, steps[i].backend);
        batch_addf(push->batch, "add backend %.*s from %.*s mode http", STR_ARG(name),
                   STR_ARG(emit_defaults(steps[i].backend_kind)));
        batch_addf(push->batch, "publish backend %.*s", STR_ARG(name));
    }
    enum apply_status status = push_batch(push, "adding backends");
    for (size_t i = 0; i < n && status == APPLY_OK; i++) {
        struct str answer = batch_answer(push->batch, 2 * i + 1);
        if (!says(answer, "published"))
            status = push_differs(push, "backend %.*s: %.*s", STR_ARG(steps[i].backend),
                                  STR_ARG(str_head(str_trim(answer), 120)));
    }
    if (status == APPLY_OK)
        status = backends_read(push, &live);
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        if (!strmap_get(live, steps[i].backend))
            status = push_differs(push, "backend %.*s is not there", STR_ARG(steps[i].backend));
    return status;
}
