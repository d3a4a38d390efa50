/* The rows of the static configuration. Only for the settings*.c and setting_*.c files. */
#pragma once

#include <stddef.h>

#include "route/settings.h"

enum setting_type {
    SETTING_TEXT,
    SETTING_SECRET, /* text that is never shown */
    SETTING_BOOL,
    SETTING_INT,   /* int64_t */
    SETTING_COUNT, /* an int, not negative */
    SETTING_FLOAT, /* checked only */
    SETTING_DURATION,
    SETTING_LIST,
    SETTING_IPS,    /* a list of addresses and networks */
    SETTING_FLOATS, /* a list, checked only */
    SETTING_LEVEL,  /* enum log_level */
    SETTING_FORMAT, /* bool: json */
    SETTING_CLOSED, /* bool: "closed", not "open" */
    SETTING_SWITCH, /* a struct: bare, empty or "true" makes it, another value takes all of it away */
    SETTING_GROUP,  /* a struct that has no such value */
    SETTING_MAP,    /* below it names of the user's, and their texts */
    SETTING_ANY     /* neither it nor what stands below it is looked at */
};

enum setting_use {
    SETTING_USED,
    SETTING_ACCEPTED, /* without effect, and without harm */
    SETTING_IGNORED,  /* without effect, and the user is told */
    SETTING_REMOVED   /* removed in Traefik 3: an error there and here */
};

enum { SETTING_NO_FIELD = -1 };

struct setting_row {
    const char *name; /* below the prefix; "*" is a name of the user's; empty: the prefix itself */
    enum setting_type type;
    enum setting_use use;
    ptrdiff_t at; /* of the field; of a switch or group, a bool: it is on. SETTING_NO_FIELD: none */
    const char *fallback;
    const char *meaning;
};

struct setting_table {
    const struct setting_row *rows;
    size_t n_rows;
    bool own;         /* maitred's: taken from all sources, and dashes do not matter */
    bool entry_point; /* fields are of struct entry_point, not of struct settings */
};

/* Where a table's rows stand. */
struct setting_place {
    struct str prefix; /* "entrypoints.*" */
    const struct setting_table *table;
};

/* All places, in the order in which they are searched and printed. */
extern const struct setting_place setting_places[];
extern const size_t n_setting_places;

extern const struct setting_table setting_own, setting_entry_point, setting_core, setting_providers,
    setting_other;
extern const struct setting_table setting_logs, setting_metrics, setting_tracing, setting_otlp,
    setting_resolver;

const char *setting_type_name(enum setting_type type);
/* What a value of the type looks like, for findings. */
const char *setting_expected(enum setting_type type);

#define USED(name, type, member, fallback, meaning)                                                          \
    {                                                                                                        \
        name, SETTING_##type, SETTING_USED, offsetof(struct settings, member), fallback, meaning             \
    }
#define USED_BY_ENTRY_POINT(name, type, member, fallback, meaning)                                           \
    {                                                                                                        \
        name, SETTING_##type, SETTING_USED, offsetof(struct entry_point, member), fallback, meaning          \
    }
#define UNUSED(name, type, use, fallback, meaning)                                                           \
    {                                                                                                        \
        name, SETTING_##type, SETTING_##use, SETTING_NO_FIELD, fallback, meaning                             \
    }
#define ROWS_OF(rows_) .rows = rows_, .n_rows = sizeof rows_ / sizeof *rows_

/* Lists are a pointer and, right behind it, a count. */
#define ASSERT_COUNTED(owner, member, count)                                                                 \
    _Static_assert(offsetof(owner, count) == offsetof(owner, member) + sizeof(void *), "the count follows")
