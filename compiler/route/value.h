/* Values as a tree has them: each knows the key it came from, and absent is not zero. */
#pragma once

#include "base/diag.h"
#include "base/str.h"

/* In all of these `key` is the whole store key; key.p == NULL means: absent. */
struct text_value {
    struct str key, v;
};

struct int_value {
    struct str key;
    int64_t v;
};

struct bool_value {
    struct str key;
    bool v;
};

struct float_value {
    struct str key;
    double v;
};

struct duration_value {
    struct str key;
    int64_t ns; /* nanoseconds */
};

struct list_value {
    struct str key; /* of the list, or of its first child where the children are numbered */
    const struct str *v;
    size_t n;
};

struct pair_value {
    struct str key, name, v;
};

/* A map of strings: headers and the like, in byte order of the names. */
struct map_value {
    struct str key;
    const struct pair_value *v;
    size_t n;
};

#define IS_SET(value) ((value).key.p != NULL)
