/* What became of one key between two states of a store. */
#pragma once

#include "base/str.h"

struct kv_change {
    struct str key;
    struct str before, after; /* p == NULL: it was not there, is not there any more */
};
