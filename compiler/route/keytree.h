/* A snapshot as a tree of path segments, types still unknown (reference/traefik-routing.md 1.2 to 1.4). Nodes
 * are numbers; 0 is the root, and as a child it means: none. Names and values point into the snapshot. */
#pragma once

#include "base/vec.h"
#include "kv/snapshot.h"

/* Keys deeper than this keep the rest, slashes and all, as their last segment; longer ones are left out. */
enum { KEYTREE_MAX_DEPTH = 24, KEYTREE_MAX_KEY = 1 << 16 };

/* What a node says itself: one pair, or the numbered pairs below it folded into one list. */
struct keytree_value {
    uint32_t first, last; /* plain: the pair, twice; folded: the ends of a chain of items; KEYTREE_NO_VALUE */
    bool folded;
};

#define KEYTREE_NO_VALUE UINT32_MAX

struct keytree_node {
    const char *name; /* as stored; of a numbered one the digits alone, "5" and "[5]" being one name */
    uint32_t name_n;
    uint32_t pair;              /* the first pair at the node or below it */
    uint32_t first, last, next; /* children in the order in which they appear; sibling */
    struct keytree_value value;
    bool numbered;
};

struct keytree_item {
    uint32_t pair, next; /* next: KEYTREE_NO_VALUE at the end */
};

struct keytree {
    const struct kv_snapshot *snapshot;
    struct diag *diag;
    VEC(struct keytree_node) nodes;
    VEC(struct keytree_item) items;
    size_t n_pairs; /* pairs that were read */
};

/* Reads the pairs below the root whose first segment begins like one of Traefik's. Findings: UNKNOWN_KEY for
 * first segments that are nearly such, BAD_STRUCTURE for endless keys. The snapshot must outlive the tree. */
void keytree_init(struct keytree *tree, const struct kv_snapshot *snapshot, struct diag *diag);
void keytree_fini(struct keytree *tree);

/* Makes the children of `parent` unlike each other: those of one name, letters folded if `nocase`, become
 * one, with the spelling of the first and the value of the last (DUPLICATE_KEY). To be called before children
 * are visited. */
void keytree_merge_children(struct keytree *tree, uint32_t parent, bool nocase);

/* Gives a node a further value. The one whose key is last in byte order counts; the numbered form beats the
 * plain one; numbered pairs of one list add up. */
void keytree_offer_value(struct keytree *tree, uint32_t node, struct keytree_value offered);

bool keytree_has_value(const struct keytree *tree, uint32_t node);
/* The value as one text: joined with commas in the arena where numbered pairs make it up. */
struct str keytree_text(const struct keytree *tree, uint32_t node, struct arena *arena);
/* The store key of the value, or of its first numbered pair. */
struct str keytree_value_key(const struct keytree *tree, uint32_t node);

/* The segment as stored. */
struct str keytree_segment(const struct keytree *tree, uint32_t node);
/* The store key up to and with the segment, and the whole of the first key there. */
struct str keytree_key(const struct keytree *tree, uint32_t node);
struct str keytree_first_key(const struct keytree *tree, uint32_t node);
