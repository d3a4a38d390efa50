/* What an op is: a row here, a file of its own that reads it from policy.json and runs it. */
#pragma once

#include <json-c/json.h>
#include <stdatomic.h>

#include "ops/breaker.h"
#include "ops/decide.h"
#include "ops/number.h"
#include "ops/redis.h"
#include "ops/source.h"
#include "ops/users.h"

struct op;

enum op_result { OP_PASS, OP_REFUSE, OP_WAIT };

struct op_type {
    enum op_number number; /* of its counters */
    const char *name;      /* in policy.json, and of the counters */
    /* Reads the op's members into *op. false with what is wrong with them; fini is called all the same. */
    bool (*parse)(struct json_object *from, struct op *op, char error[static 256]);
    void (*fini)(struct op *op); /* of a zeroed op, too */
    /* OP_REFUSE: d->verdict says how. The request arrives at the op at d->now_ns + d->verdict->delay_ns; an
     * op that lets it wait adds to the delay. OP_WAIT: the op cannot tell at once; nothing has begun. */
    enum op_result (*run)(const struct op *op, struct decision *d);
    /* Begins what takes time; ends with waiting_end. NULL: run never says OP_WAIT. */
    void (*start)(const struct op *op, struct waiting *waiting);
};

struct rate_limit {
    struct str bucket;
    uint64_t life; /* of its buckets; see program_set_build */
    struct limit limit;
    struct source source;
    bool shared; /* through Redis */
    bool passes_without_redis;
    struct redis_target redis;
};

struct basic_auth {
    struct users users;
    struct str challenge; /* the value of WWW-Authenticate */
    struct str header;    /* name of the header for the user's name, or empty */
    bool remove;          /* Authorization ends here */
};

struct texts {
    struct str *p;
    size_t n;
};

/* Path middlewares before an op that reads the path: HAProxy does them, the agent only computes them for
 * itself. */
struct strip_prefix {
    struct texts prefixes;
    bool force_slash;
};

enum { DIGEST_INSTANCE = 32 };

struct digest_auth {
    struct users users; /* by "name:realm" */
    struct str realm, header;
    bool remove;
    char instance[DIGEST_INSTANCE + 1]; /* what nonces are bound to: a digest of all that the op says */
};

enum { FORWARD_INSTANCE = 32 };

enum forward_trust { TRUST_UNSET, TRUST_NO, TRUST_YES };

struct forward_auth {
    struct str address, signin;
    enum forward_trust trust; /* trustForwardHeader: not set is a third thing */
    struct texts request_headers, response_headers, cookies;
    const struct regex_program *response_regex; /* or NULL */
    struct arena *regex_memory;                 /* holds it */
    bool send_body, keep_location, keep_method, insecure;
    int64_t max_body, max_response;      /* bytes; < 0: no limit */
    struct str ca, cert, key;            /* PEM, or empty */
    int64_t cache_ns;                    /* how long a pass is kept; 0: not at all */
    struct texts cache_key;              /* headers that tell questions apart; none: all of them */
    char instance[FORWARD_INSTANCE + 1]; /* what is kept is bound to: a digest of all that the op says */
};

struct circuit_breaker {
    struct breaker *breaker;
    int status;
    struct str text; /* ends in NUL */
};

struct op {
    const struct op_type *type;
    union {
        struct rate_limit rate_limit;
        struct basic_auth basic_auth;
        struct digest_auth digest_auth;
        struct forward_auth forward_auth;
        struct strip_prefix strip_prefix;
        struct circuit_breaker circuit_breaker;
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

extern const struct op_type rate_limit_op, basic_auth_op, digest_auth_op, forward_auth_op, strip_prefix_op,
    circuit_breaker_op;

/* The type of that name, or NULL. */
const struct op_type *op_type_find(struct str name);
