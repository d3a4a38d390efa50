/* Single values of a tree, checked against their row and stored. Private to tree.c. */
#pragma once

#include "route/keytree.h"
#include "route/schema.h"
#include "route/tree.h"

struct decoder {
    struct arena *arena;
    struct diag *diag;
    struct keytree *keys;
    struct object *object; /* the router, service or middleware in which we are; NULL: none */
    struct object *part;   /* a server in it; NULL: none */
    struct str what;       /* what the object is, for messages */
    bool from_file;        /* names and lists are as they stand (kv_snapshot.literal_lists) */
};

/* Whether further findings are only counted, so that their words need not be made. */
bool decoder_is_full(const struct decoder *d);

/* Notes a finding at a node and breaks the object that holds it. `expected` may be empty. */
void decoder_fault(struct decoder *d, uint32_t node, struct finding finding);

/* Values of the plain types. `field` is of the type that goes with the row's type, or NULL: checked only. */
void decode_scalar(struct decoder *d, const struct schema_row *row, uint32_t node, void *field);
void decode_list(struct decoder *d, uint32_t node, struct list_value *field);
void decode_map(struct decoder *d, const struct schema_row *row, uint32_t node, struct map_value *field);

/* The name that a node gives to an object or a map's entry: digits become "[digits]" as Traefik has it. */
struct str decode_name(struct decoder *d, uint32_t node);

/* The beginning of a text or key that goes into a finding: bounded, cut between characters. */
struct str shown_text(struct str text);
struct str shown_key(struct str key);
