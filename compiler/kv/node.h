/* The tree of a YAML or JSON document, built from the events of its reader. Aliases share nodes, so it is a
 * graph without cycles; a budget that grows with the input bounds what its expansion may cost. */
#pragma once

#include "base/diag.h"
#include "kv/reader.h"

enum node_kind { NODE_NULL, NODE_TEXT, NODE_MAP, NODE_LIST };

struct node {
    enum node_kind kind;
    struct str text; /* of NODE_TEXT, and NODE_NULL as written */
    const struct member *members;
    size_t n; /* members of a map, by name and no name twice; of a list, in order and without names */
};

struct member {
    struct str name;
    const struct node *node;
    size_t line;
};

/* What is left to spend, in bytes. */
struct budget {
    size_t left;
};

/* Enough for any honest document of that size, and linear in it. */
struct budget budget_of(size_t input_size);
/* Takes from the budget; false where it does not suffice. */
bool budget_spend(struct budget *budget, size_t bytes);

struct builder;

/* A builder in the arena. Names that occur twice in one map are findings under `source`. */
struct builder *builder_create(struct arena *arena, struct budget *budget, struct str source,
                               struct diag *diag);
void builder_destroy(struct builder *b);

/* The events, in the order of the document. In a map each second node is a name. All return false after an
 * error; builder_error says what. Texts must outlive the tree. */
bool builder_open(struct builder *b, enum node_kind kind, size_t line);
/* The map or list that is now complete, or NULL after an error. */
const struct node *builder_close(struct builder *b);
bool builder_text(struct builder *b, enum node_kind kind, struct str text, size_t line);
/* A node from elsewhere in the document. */
bool builder_share(struct builder *b, const struct node *node, size_t line);
/* In place of a name: the next node is a map, or a list of maps, whose members this map takes over where it
 * has none of that name itself (YAML's "<<"). */
bool builder_merge(struct builder *b, size_t line);
/* Whether a name comes next. */
bool builder_wants_name(const struct builder *b);

/* The node given last, when all is closed. */
const struct node *builder_root(const struct builder *b);
/* What is wrong, and in *line where, if that is not the line of the last event; NULL: nothing. */
const char *builder_error(const struct builder *b, size_t *line);
