/* testdata/tls as the files that a tree may name. */
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "base/file.h"
#include "route/settings.h"

enum { MAX_TLS_FILES = 16 };

struct tls_files {
    struct buf contents[MAX_TLS_FILES];
    size_t n;
    struct file_view view;
};

static inline bool tls_files_read(void *context, struct str path, struct str *contents)
{
    struct tls_files *files = context;
    char name[512];
    if (files->n == MAX_TLS_FILES)
        return false;
    struct buf *bytes = &files->contents[files->n++];
    snprintf(name, sizeof name, TESTDATA "/tls/%.*s", STR_ARG(path));
    bool ok = file_read(name, 1 << 20, bytes);
    *contents = buf_str(bytes);
    return ok;
}

static inline const struct file_view *tls_files_view(struct tls_files *files)
{
    files->view = (struct file_view){ files, tls_files_read };
    return &files->view;
}

static inline void tls_files_fini(struct tls_files *files)
{
    for (size_t i = 0; i < files->n; i++)
        buf_fini(&files->contents[i]);
}
