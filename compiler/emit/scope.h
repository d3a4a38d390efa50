/* Values for templates, written as tables. Internal to emit. */
#pragma once

#include "base/arena.h"
#include "emit/template.h"

#define TEXT(slot, value)                                                                                    \
    {                                                                                                        \
        .name = (slot), .text = (value)                                                                      \
    }
#define FLAG(slot, value)                                                                                    \
    {                                                                                                        \
        .name = (slot), .set = (value)                                                                       \
    }
#define TEXT_IF(slot, value, condition)                                                                      \
    {                                                                                                        \
        .name = (slot), .text = (value), .set = (condition)                                                  \
    }
#define LIST(slot, scopes, count)                                                                            \
    {                                                                                                        \
        .name = (slot), .rows = (scopes), .n_rows = (count)                                                  \
    }

/* A scope over the values, which are copied to the arena. */
#define SCOPE(arena, ...)                                                                                    \
    scope_make(arena, (const struct template_value[]){ __VA_ARGS__ },                                        \
               sizeof((const struct template_value[]){ __VA_ARGS__ }) / sizeof(struct template_value))

struct template_scope scope_make(struct arena *arena, const struct template_value *values, size_t n);
