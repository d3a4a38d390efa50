/* Between reading a pattern and writing its program: a tree that keeps what counts for what matches, groups
 * and greed, which regex_tree.h leaves out. Internal to route. */
#pragma once

#include "base/vec.h"
#include "route/regex_program.h"
#include "route/regex_tree.h"

enum program_node_kind {
    NODE_EMPTY,
    NODE_CLASS,
    NODE_PLACE,
    NODE_GROUP,
    NODE_REPEAT,
    NODE_CONCAT,
    NODE_CHOICE
};

struct program_node {
    enum program_node_kind kind;
    enum regex_step_kind place; /* NODE_PLACE */
    bool nullable, lazy;
    uint32_t min, max; /* NODE_REPEAT */
    uint32_t number;   /* NODE_GROUP; NODE_CLASS: which set */
    uint32_t literal;  /* NODE_CLASS of one character: that one */
    bool single;
    const struct program_node **parts;
    size_t n;
};

struct program_tree {
    const struct program_node *root;
    VEC(struct regex_set) sets;
    VEC(struct str) names; /* of groups; that of the whole match, empty, is the first */
};

/* Of a pattern that regex_tree_parse takes. Nodes and ranges are in the arena, names in the pattern. */
void program_tree_read(struct arena *arena, struct str pattern, struct program_tree *out);
void program_tree_fini(struct program_tree *tree);
