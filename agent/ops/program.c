#include "ops/program.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/fields.h"
#include "ops/op.h"

/* The ops there are. */
static const struct op_type *const types[OP_NUMBERS] = {
    [NUMBER_RATE_LIMIT] = &rate_limit_op,     [NUMBER_BASIC_AUTH] = &basic_auth_op,
    [NUMBER_DIGEST_AUTH] = &digest_auth_op,   [NUMBER_FORWARD_AUTH] = &forward_auth_op,
    [NUMBER_STRIP_PREFIX] = &strip_prefix_op, [NUMBER_CIRCUIT_BREAKER] = &circuit_breaker_op
};

const char *op_number_name(enum op_number number)
{
    return types[number]->name;
}

const struct op_type *op_type_find(struct str name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_eq(name, str_c(types[i]->name)))
            return types[i];
    return NULL;
}

static bool parse_op(struct json_object *from, struct op *op, char error[static 256])
{
    struct json_object *name = NULL;
    if (!json_object_object_get_ex(from, "op", &name) || !json_object_is_type(name, json_type_string)) {
        snprintf(error, 256, "an op has a name, \"op\"");
        return false;
    }
    op->type = op_type_find(field_str(name));
    if (!op->type) {
        snprintf(error, 256, "unknown op \"%.60s\"", json_object_get_string(name));
        return false;
    }
    return op->type->parse(from, op, error);
}

/* Puts "program ID: op N: " in front of the message; op 0 is the program itself. */
static struct program *blame(char error[static 256], struct str id, size_t op)
{
    char what[256];
    snprintf(what, sizeof what, "%s", error);
    snprintf(error, 256, "program \"%.*s\": op %zu: %.150s", STR_ARG(str_head(id, 60)), op, what);
    return NULL;
}

static struct program *program_alloc(struct str id, size_t n_ops)
{
    size_t size = sizeof(struct program) + n_ops * sizeof(struct op);
    struct program *program = xmalloc(size + id.n); /* the id behind the ops */
    memset(program, 0, size);
    atomic_init(&program->references, 1);
    program->n_ops = n_ops;
    char *copy = (char *)program + size;
    if (id.n)
        memcpy(copy, id.p, id.n);
    program->id = str_of(copy, id.n);
    return program;
}

struct program *program_create(struct str id, struct json_object *from, char error[static 256])
{
    struct field ops = { "ops", json_type_array, true, NULL };
    if (!fields_read(from, &ops, 1, error))
        return blame(error, id, 0);
    struct program *program = program_alloc(id, json_object_array_length(ops.value));
    for (size_t i = 0; i < program->n_ops; i++)
        if (!parse_op(json_object_array_get_idx(ops.value, i), &program->ops[i], error)) {
            program_release(program);
            return blame(error, id, i + 1);
        }
    return program;
}

struct program *program_hold(struct program *program)
{
    atomic_fetch_add_explicit(&program->references, 1, memory_order_relaxed);
    return program;
}

void program_release(struct program *program)
{
    if (!program || atomic_fetch_sub_explicit(&program->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < program->n_ops; i++)
        if (program->ops[i].type)
            program->ops[i].type->fini(&program->ops[i]);
    free(program);
}
