/* The files of templates/, embedded in the program. */
#pragma once

#include <stddef.h>

struct template_file {
    const char *name;  /* as in the folder: "haproxy.cfg" */
    const char *bytes; /* a NUL stands behind the last one */
    size_t size;
};

/* Ended by a row without a name. */
extern const struct template_file template_files[];
