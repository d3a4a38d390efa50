/* A growing array of any type: VEC(struct x) v = { 0 }; vec_push(&v, x); v.p[i]; v.n; vec_fini(&v). */
#pragma once

#include <stdlib.h>

#include "base/arena.h"

#define VEC(type)                                                                                            \
    struct {                                                                                                 \
        type *p;                                                                                             \
        size_t n, cap;                                                                                       \
    }

#define vec_push(v, ...)                                                                                     \
    do {                                                                                                     \
        if ((v)->n == (v)->cap) {                                                                            \
            (v)->cap = (v)->cap ? (v)->cap * 2 : 8;                                                          \
            (v)->p = xrealloc((v)->p, (v)->cap * sizeof *(v)->p);                                            \
        }                                                                                                    \
        (v)->p[(v)->n++] = (__VA_ARGS__);                                                                    \
    } while (0)

#define vec_fini(v)                                                                                          \
    do {                                                                                                     \
        free((v)->p);                                                                                        \
        (v)->p = NULL;                                                                                       \
        (v)->n = (v)->cap = 0;                                                                               \
    } while (0)
