/* From the name of a setting, however it is spelled, to its row. */
#pragma once

#include "base/arena.h"
#include "route/setting_rows.h"

/* A name cut into segments. What is deeper than any setting stays in the last one. */
enum { SETTING_DEPTH = 12 };

struct setting_path {
    struct str segments[SETTING_DEPTH];
    size_t n;
};

/* Cuts at any of the bytes of `separators`; "name[0]" counts as name and 0. */
struct setting_path setting_path_of(struct str text, const char *separators);
/* The path joined with dots. */
struct str setting_path_text(struct arena *arena, const struct setting_path *path);

struct setting_match {
    const struct setting_row *row; /* NULL: none */
    const struct setting_table *table;
    struct str name;  /* what the first "*" stands for */
    struct str entry; /* SETTING_MAP: the name below it */
    struct str id;    /* the setting's full name in lower case; different spellings have one */
};

/* The row of a path. */
struct setting_match setting_find(struct arena *arena, const struct setting_path *path);

/* Whether some setting begins with this segment; `own`: of maitred's own. */
bool setting_is_root(struct str segment, bool own);
/* Whether settings stand below the path. */
bool setting_is_group(const struct setting_path *path);

/* The path with its first wrong segment replaced by the nearest right one; n == 0: nothing is near. */
struct setting_path setting_nearest(struct arena *arena, const struct setting_path *path);
