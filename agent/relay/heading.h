/* The headers of a message, in the order in which they came. Names and values may hold any bytes but line
 * ends. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

struct heading_line {
    size_t name_at, name_n, value_at, value_n; /* in text */
};

struct heading {
    struct buf text;
    struct heading_line *lines;
    size_t n, cap;
};

void heading_fini(struct heading *heading);
void heading_reset(struct heading *heading);

void heading_add(struct heading *heading, struct str name, struct str value);
void heading_copy(struct heading *to, const struct heading *from);

/* The line at i < n; valid until the next change. */
struct str heading_name(const struct heading *heading, size_t i);
struct str heading_value(const struct heading *heading, size_t i);

/* The first value of that name (letters of either case), without blanks around it; p NULL: there is none. */
struct str heading_get(const struct heading *heading, struct str name);

/* Takes all lines of that name away. */
void heading_drop(struct heading *heading, struct str name);

/* As lines of a message. */
void heading_put_line(struct buf *out, struct str name, struct str value);
void heading_put(struct buf *out, const struct heading *heading);
