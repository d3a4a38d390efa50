/* What an op is: a row here, a file of its own that reads it from policy.json and runs it. */
#pragma once

#include <json-c/json.h>
#include <stdatomic.h>

#include "ops/decide.h"

struct op;

struct op_type {
    const char *name; /* in policy.json, and of the counters */
    /* Reads the op's members into *op. false with what is wrong with them; fini is called all the same. */
    bool (*parse)(struct json_object *from, struct op *op, char error[static 256]);
    void (*fini)(struct op *op); /* of a zeroed op, too */
    /* false: refused, and `v` says how. The request arrives at the op at now_ns; an op that lets it wait adds
     * to v->delay_ns. */
    bool (*run)(const struct op *op, const struct request *request, struct limiter *limiter, int64_t now_ns,
                struct verdict *v);
};

enum source_kind { SOURCE_IP, SOURCE_HEADER, SOURCE_HOST };

struct rate_limit {
    struct str bucket;
    struct limit limit;
    enum source_kind source;
    struct str header;
};

struct op {
    const struct op_type *type;
    union {
        struct rate_limit rate_limit;
    };
};

/* Shared by sets, by reference count. */
struct program {
    atomic_size_t references;
    struct str id;
    size_t n_ops;
    struct op ops[];
};

/* A program with one reference, from an element of "programs"; NULL with a message that names id and op. */
struct program *program_create(struct str id, struct json_object *from, char error[static 256]);
struct program *program_hold(struct program *program);
void program_release(struct program *program);

extern const struct op_type rate_limit_op;

/* The type of that name, or NULL. */
const struct op_type *op_type_find(struct str name);
