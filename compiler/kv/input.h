/* What the readers of the formats share; internal to this folder. */
#pragma once

#include "kv/reader.h"

struct kv_input {
    struct arena *arena;
    struct str bytes; /* without a byte order mark; of the caller */
    struct str name;  /* for findings; never empty */
    struct str root;
    struct diag *diag;
};

/* Grows as a VEC. */
struct pair_list {
    struct kv_pair *p;
    size_t n, cap;
};

/* The input cannot be read: a BAD_SOURCE finding, with the line unless it is 0. Returns false. */
bool input_fail(const struct kv_input *in, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a pair; false with a finding where there are too many. */
bool input_add(const struct kv_input *in, struct pair_list *out, struct str key, struct str value);

/* The snapshot of what was read. */
struct kv_snapshot input_finish(const struct kv_input *in, const struct pair_list *list, struct str provider);

/* One reader a format. Keys and values lie in the arena. false with a finding. */
bool kv_read_dump(const struct kv_input *in, struct pair_list *out);
bool kv_read_dump_json(const struct kv_input *in, struct pair_list *out, int64_t *revision);
bool kv_read_file(const struct kv_input *in, struct pair_list *out);
