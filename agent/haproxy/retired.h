/* Entries of maps that no record needs any more. A request that met such a record may still look them up,
 * behind an answer of the agent's: they stay for a while. Keys are copied. */
#pragma once

#include "base/str.h"

struct retired_entry {
    size_t map;
    struct str key; /* an allocation */
    int64_t since_ns;
};

/* By map and key. */
struct retired {
    struct retired_entry *p;
    size_t n, cap;
};

/* Adds it unless it is there. */
void retired_add(struct retired *retired, size_t map, struct str key, int64_t now_ns);

/* Where it is, or n. */
size_t retired_find(const struct retired *retired, size_t map, struct str key);

/* Takes out the one at i; the order stays. */
void retired_drop(struct retired *retired, size_t i);
void retired_clear(struct retired *retired);
