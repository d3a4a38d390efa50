/* What the sources say, one by one, before it is decided which of them count. */
#pragma once

#include "base/vec.h"
#include "route/setting_path.h"

/* In the order in which maitred's own settings are taken. */
enum setting_origin { FROM_FLAGS, FROM_FILE, FROM_TRAEFIK_ENVIRONMENT, FROM_MAITRED_ENVIRONMENT, N_ORIGINS };

struct given {
    enum setting_origin origin;
    struct str label; /* the name as the user wrote it: "--api", "TRAEFIK_API", "traefik.yml: api" */
    struct setting_path path;
    struct setting_match match; /* row == NULL: unknown */
    struct str value;
    bool element; /* one element of a list, as it stands */
};

struct givens {
    struct given *p;
    size_t n, cap;
};

/* Appends what a source says. Findings: BAD_SETTING for flags without a needed value and for words that
 * belong to no flag, BAD_SOURCE for a file that cannot be read, IGNORED_SETTING for names that are nearly
 * roots. Names that are none of ours at all are left out where Traefik does so. */
void givens_from_flags(struct arena *arena, const char *const *flags, size_t n, struct givens *out,
                       struct diag *diag);
void givens_from_environment(struct arena *arena, const char *const *environment, struct givens *out,
                             struct diag *diag);
void givens_from_file(struct arena *arena, struct str bytes, struct str name, struct givens *out,
                      struct diag *diag);

/* The label of a path in the spelling of its source. */
struct str setting_label(struct arena *arena, enum setting_origin origin, struct str file_name,
                         const struct setting_path *path);
