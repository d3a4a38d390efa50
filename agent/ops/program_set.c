#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "ops/fields.h"
#include "ops/op.h"
#include "ops/program.h"

struct program_set {
    struct arena *arena; /* holds the set itself, too */
    struct strmap *by_id;
    struct program **programs; /* a reference each; a replaced one is still here */
    size_t n;
    atomic_size_t references;
};

static struct program_set *set_create(size_t expected)
{
    struct arena *arena = arena_create();
    struct program_set *set = ARENA_NEW(arena, struct program_set);
    set->arena = arena;
    set->by_id = strmap_create(arena, expected);
    set->programs = ARENA_ARRAY(arena, struct program *, expected);
    atomic_init(&set->references, 1);
    return set;
}

/* Takes the reference over. */
static void set_add(struct program_set *set, struct program *program)
{
    set->programs[set->n++] = program;
    strmap_put(set->by_id, program->id, program);
}

/* The one JSON value that the text is; null is NULL. */
static bool parse_json(struct str json, struct json_object **out, char error[static 256])
{
    if (json.n > INT_MAX) {
        snprintf(error, 256, "larger than 2 GB");
        return false;
    }
    struct json_tokener *tokener = json_tokener_new_ex(16);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    *out = json_tokener_parse_ex(tokener, json.n ? json.p : "", (int)json.n);
    enum json_tokener_error code = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (code == json_tokener_success && str_trim(str_from(json, end)).n == 0)
        return true;
    const char *why = code == json_tokener_success    ? "more text behind the end"
                      : code == json_tokener_continue ? "the text ends too early"
                                                      : json_tokener_error_desc(code);
    snprintf(error, 256, "not JSON at byte %zu: %s", end, why);
    json_object_put(*out);
    return false;
}

static struct program_set *parse_programs(struct json_object *programs, char error[static 256])
{
    struct program_set *set = set_create((size_t)json_object_object_length(programs));
    json_object_object_foreach(programs, id, from)
    {
        struct program *program = program_create(str_c(id), from, error);
        if (!program) {
            program_set_release(set);
            return NULL;
        }
        set_add(set, program);
    }
    return set;
}

static struct program_set *parse_root(struct json_object *root, char error[static 256])
{
    struct field fields[] = { { "version", json_type_int, true, NULL },
                              { "revision", json_type_int, false, NULL },
                              { "programs", json_type_object, true, NULL } };
    if (!fields_read(root, fields, 3, error))
        return NULL;
    if (json_object_get_int64(fields[0].value) != 1) {
        snprintf(error, 256, "version %s; this agent knows 1", json_object_get_string(fields[0].value));
        return NULL;
    }
    return parse_programs(fields[2].value, error);
}

struct program_set *program_set_parse(struct str json, char error[static 256])
{
    struct json_object *root;
    if (!parse_json(json, &root, error))
        return NULL;
    struct program_set *set = parse_root(root, error);
    json_object_put(root);
    return set;
}

static struct program *program_of(const struct program_set *previous, const struct program_source *source,
                                  char error[static 256])
{
    struct program *known = previous && !source->fresh ? strmap_get(previous->by_id, source->id) : NULL;
    if (known)
        return program_hold(known);
    struct json_object *from;
    char what[256];
    if (!parse_json(source->json, &from, what)) {
        struct str id = str_head(source->id, 60);
        snprintf(error, 256, "program \"%.*s\": %.180s", STR_ARG(id), what);
        return NULL;
    }
    struct program *program = program_create(source->id, from, error);
    json_object_put(from);
    return program;
}

/* The life of each bucket of a set's limits, by the bucket's name. */
static struct strmap *lives_of(struct arena *arena, const struct program_set *set)
{
    struct strmap *lives = strmap_create(arena, set->n);
    for (size_t i = 0; i < set->n; i++)
        for (size_t j = 0; j < set->programs[i]->n_ops; j++) {
            struct op *op = &set->programs[i]->ops[j];
            if (op->type == &rate_limit_op)
                strmap_put(lives, op->rate_limit.bucket, op);
        }
    return lives;
}

/* A limit that comes (again) starts with full buckets: it gets a life of its own. One that another program
 * had goes on. */
static void give_lives(struct program *program, const struct strmap *lives)
{
    static _Atomic uint64_t last;
    for (size_t i = 0; i < program->n_ops; i++) {
        struct op *op = &program->ops[i];
        if (op->type != &rate_limit_op)
            continue;
        const struct op *other = strmap_get(lives, op->rate_limit.bucket);
        op->rate_limit.life = other ? other->rate_limit.life : atomic_fetch_add(&last, 1) + 1;
    }
}

struct program_set *program_set_build(const struct program_set *previous,
                                      const struct program_source *sources, size_t n, char error[static 256])
{
    struct program_set *set = set_create(n);
    size_t kept = 0;
    for (int fresh = 0; fresh < 2; fresh++) {
        struct strmap *lives = NULL;
        struct arena *arena = arena_create();
        kept = set->n;
        for (size_t i = 0; i < n; i++) {
            if (sources[i].fresh != (fresh == 1))
                continue;
            struct program *program = program_of(previous, &sources[i], error);
            if (!program) {
                arena_destroy(arena);
                program_set_release(set);
                return NULL;
            }
            if (fresh && !lives)
                lives = lives_of(arena, &(struct program_set){ .programs = set->programs, .n = kept });
            if (fresh)
                give_lives(program, lives);
            set_add(set, program);
        }
        arena_destroy(arena);
    }
    return set;
}

struct program_set *program_set_hold(struct program_set *set)
{
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void program_set_release(struct program_set *set)
{
    if (!set || atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < set->n; i++)
        program_release(set->programs[i]);
    arena_destroy(set->arena);
}

size_t program_set_count(const struct program_set *set)
{
    return strmap_count(set->by_id);
}

const struct program *program_set_find(const struct program_set *set, struct str id)
{
    return strmap_get(set->by_id, id);
}
