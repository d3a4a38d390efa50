/* Servers that wait for their end: in maintenance until their last connection has ended; or before that,
 * those of a backend that nobody holds any more, still in use for requests on their way to it. Names are
 * copied. */
#pragma once

#include "base/str.h"

struct waiting_server {
    struct str backend, name; /* one allocation, at backend.p */
    int64_t lingers_until_ns; /* on the monotonic clock; 0: in maintenance */
};

struct waiting {
    struct waiting_server *p;
    size_t n, cap;
};

/* Adds it unless it is there, or notes that it waits otherwise now. */
void waiting_add(struct waiting *waiting, struct str backend, struct str name, int64_t lingers_until_ns);

/* Whether it is there and still in use. */
bool waiting_lingers(const struct waiting *waiting, struct str backend, struct str name);

/* Takes it out; false if it was not there. */
bool waiting_take(struct waiting *waiting, struct str backend, struct str name);

/* Takes out the one at i; the last one moves into its place. */
void waiting_drop(struct waiting *waiting, size_t i);

/* Takes out all. */
void waiting_clear(struct waiting *waiting);
