/* Values of settings: from texts to fields. */
#pragma once

#include "base/arena.h"
#include "route/setting_rows.h"

/* Elements of a list: cut at commas and trimmed, empty ones kept; an empty text has none. Returns how many,
 * and writes them if `to`. */
size_t setting_split(struct str text, struct str *to);

bool setting_is_list(enum setting_type type);

/* Whether the value of a switch makes it. */
bool setting_is_on(struct str value);

/* Stores a value in the row's field below `base`, the struct that goes with its table; a row without a field
 * is checked only. Lists come as elements, all else as one text; what is stored points to them. false: not of
 * the type. */
bool setting_store(const struct setting_row *row, struct str text, const struct str *elements, size_t n,
                   void *base);

/* Stores the defaults of all rows of the places that have that kind of struct. */
void setting_store_defaults(struct arena *arena, bool entry_point, void *base);

/* [host]:port[/tcp|/udp] of an entry point into its host, port and udp; false where it has another form. */
bool setting_parse_address(struct entry_point *entry_point);

/* An IP address, or a network as address/bits: what address_range_read reads. */
bool setting_is_network(struct str s);
