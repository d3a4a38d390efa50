/* What every object of a tree has. Part of tree.h. */
#pragma once

#include "route/value.h"

/* In every object: its name as stored, its key, and whether something in it could not be read (then it is in
 * error as a whole: nobody may use it). */
struct object {
    struct str name;
    struct str key;
    struct str unsupported; /* key of the first thing in it that maitred does not do yet; p == NULL: none */
    size_t n_unsupported;
    bool broken;
};
