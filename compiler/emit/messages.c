#include "emit/parts.h"
#include "emit/scope.h"

/* Sections of spoe.cfg have names that are unique in their engine only. */
static const struct {
    const char *group, *arguments;
    bool patient;
} messages[MESSAGE_COUNT] = {
#define AUTH " auth=req.fhdr(authorization,1)"
#define FULL " method=method host=req.fhdr(host,1) url=url hdrs=req.hdrs_bin"
    [MESSAGE_LEAN] = { "lean", "", false },
    [MESSAGE_AUTH] = { "auth", AUTH, false },
    [MESSAGE_FULL] = { "full", FULL, false },
    [MESSAGE_PATIENT] = { "lean", "", true },
    [MESSAGE_PATIENT_AUTH] = { "auth", AUTH, true },
#define OTHERS FULL " tls=var(sess.secure) pauth=var(txn.pa)"
    [MESSAGE_PATIENT_FULL] = { "full", OTHERS, true },
    [MESSAGE_PATIENT_BODY] = { "body", OTHERS " body=req.body size=req.body_size", true },
#undef OTHERS
#undef FULL
#undef AUTH
};

static bool occurs(const struct shape *shape, size_t message)
{
    return shape->messages >> message & 1;
}

struct template_value emit_messages(struct arena *arena, const struct shape *shape)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, MESSAGE_COUNT);
    size_t n = 0;
    for (size_t i = 0; i < MESSAGE_COUNT; i++)
        if (occurs(shape, i))
            rows[n++] = SCOPE(arena, TEXT("letter", arena_printf(arena, "%c", MESSAGE_LETTERS[i])),
                              TEXT("engine", messages[i].patient ? STR("patient") : STR("maitred")),
                              TEXT("group", str_c(messages[i].group)),
                              TEXT("arguments", str_c(messages[i].arguments)));
    return (struct template_value)LIST("messages", rows, n);
}

/* One spoe-agent for each patience that occurs. */
struct template_value emit_engines(struct arena *arena, const struct shape *shape, struct str timeout)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, 2);
    size_t n = 0;
    for (int patient = 0; patient < 2; patient++) {
        struct template_scope *own = ARENA_ARRAY(arena, struct template_scope, MESSAGE_COUNT);
        size_t n_own = 0;
        struct buf groups = { 0 };
        for (size_t i = 0; i < MESSAGE_COUNT; i++) {
            if (!occurs(shape, i) || messages[i].patient != (patient == 1))
                continue;
            own[n_own++] = SCOPE(arena, TEXT("group", str_c(messages[i].group)),
                                 TEXT("arguments", str_c(messages[i].arguments)));
            buf_printf(&groups, " %s", messages[i].group);
        }
        if (n_own)
            rows[n++] = SCOPE(arena, TEXT("engine", patient ? STR("patient") : STR("maitred")),
                              TEXT("timeout", patient ? STR(PATIENT_TIMEOUT) : timeout),
                              TEXT("groups", arena_copy(arena, buf_str(&groups))),
                              LIST("engine_messages", own, n_own));
        buf_fini(&groups);
    }
    return (struct template_value)LIST("engines", rows, n);
}

bool emit_reads_headers(const struct shape *shape)
{
    return (shape->messages & ~(1u << MESSAGE_LEAN)) != 0;
}
