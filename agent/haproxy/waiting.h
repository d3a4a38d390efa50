/* Servers that wait for their last connection to end. Names are copied. */
#pragma once

#include "base/str.h"

struct waiting_server {
    struct str backend, name; /* one allocation, at backend.p */
};

struct waiting {
    struct waiting_server *p;
    size_t n, cap;
};

/* Adds it unless it is there. */
void waiting_add(struct waiting *waiting, struct str backend, struct str name);

/* Takes it out; false if it was not there. */
bool waiting_take(struct waiting *waiting, struct str backend, struct str name);

/* Takes out the one at i; the last one moves into its place. */
void waiting_drop(struct waiting *waiting, size_t i);

/* Takes out all. */
void waiting_clear(struct waiting *waiting);
