/* How the tables of the schema are written. Only for the schema_*.c files. */
#pragma once

#include <stddef.h>

#include "route/schema.h"
#include "route/tree.h"

/* A key that goes into a field, and one with a struct below it. */
#define FIELD(name, type, owner, member, fallback, meaning)                                                  \
    {                                                                                                        \
        STR(name), SCHEMA_##type, SCHEMA_READ, offsetof(owner, member), NULL, fallback, meaning              \
    }
#define FIELD_BELOW(name, type, owner, member, table, meaning)                                               \
    {                                                                                                        \
        STR(name), SCHEMA_##type, SCHEMA_READ, offsetof(owner, member), &table, "", meaning                  \
    }

/* A key that is checked only. */
#define KEY(name, type, use, fallback, meaning)                                                              \
    {                                                                                                        \
        STR(name), SCHEMA_##type, SCHEMA_##use, 0, NULL, fallback, meaning                                   \
    }
#define KEY_BELOW(name, type, use, table, meaning)                                                           \
    {                                                                                                        \
        STR(name), SCHEMA_##type, SCHEMA_##use, 0, &table, "", meaning                                       \
    }

/* Kinds of a service or middleware: compiled, and not yet. */
#define KIND(name, owner, member, table, meaning)                                                            \
    {                                                                                                        \
        STR(name), SCHEMA_STRUCT, SCHEMA_KIND, offsetof(owner, member), &table, "", meaning                  \
    }
#define OTHER_KIND(name, type, table, meaning)                                                               \
    {                                                                                                        \
        STR(name), SCHEMA_##type, SCHEMA_OTHER_KIND, 0, &table, "", meaning                                  \
    }

/* Tables: read into a struct, or checked only. */
#define READ_TABLE(what_, rows_, owner)                                                                      \
    {                                                                                                        \
        .what = STR(what_), .rows = rows_, .n_rows = sizeof rows_ / sizeof *rows_, .size = sizeof(owner)     \
    }
#define CHECK_TABLE(what_, rows_)                                                                            \
    {                                                                                                        \
        .what = STR(what_), .rows = rows_, .n_rows = sizeof rows_ / sizeof *rows_                            \
    }

/* Lists and maps of structs are a pointer and, right behind it, a count. */
#define ASSERT_COUNTED(owner, member, count)                                                                 \
    _Static_assert(offsetof(owner, count) == offsetof(owner, member) + sizeof(void *), "the count follows")

extern const struct schema schema_router, schema_service, schema_middleware, schema_model,
    schema_servers_transport;
extern const struct schema schema_router_domain, schema_tls_client, schema_key_pair, schema_peer_san,
    schema_spiffe;
extern const struct schema schema_basic_auth, schema_digest_auth, schema_forward_auth,
    schema_pass_client_cert;
extern const struct schema schema_forward_extension;         /* struct forward_extension */
extern const struct schema schema_redis, schema_tls_towards; /* struct redis_value, struct tls_client_value */
extern const struct schema schema_headers, schema_nothing;
extern const struct schema schema_tcp, schema_udp, schema_tls;
