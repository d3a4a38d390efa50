#include "control/named_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/vec.h"

enum { LARGEST = 16 << 20 };

struct named_file {
    char *path;
    struct buf contents;
    struct stat seen; /* zero: there was none */
    bool readable, asked;
};

struct named_files {
    VEC(struct named_file) all;
    struct file_view view;
};

static struct stat look(const char *path)
{
    struct stat now;
    if (stat(path, &now) != 0)
        memset(&now, 0, sizeof now);
    return now;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mode == b->st_mode && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void forget(struct named_file *file)
{
    if (file->contents.n)
        explicit_bzero(file->contents.p, file->contents.n);
    buf_fini(&file->contents);
}

/* Looked at before it is read: what changes meanwhile is seen the next time. */
static void load(struct named_file *file)
{
    forget(file);
    file->seen = look(file->path);
    file->readable = S_ISREG(file->seen.st_mode) && file_read(file->path, LARGEST, &file->contents);
}

static struct named_file *find(struct named_files *files, struct str path)
{
    for (size_t i = 0; i < files->all.n; i++)
        if (str_eq(str_c(files->all.p[i].path), path))
            return &files->all.p[i];
    char *copy = xmalloc(path.n + 1);
    memcpy(copy, path.p, path.n);
    copy[path.n] = '\0';
    vec_push(&files->all, (struct named_file){ .path = copy });
    struct named_file *file = &files->all.p[files->all.n - 1];
    load(file);
    return file;
}

static bool read_named(void *context, struct str path, struct str *contents)
{
    struct named_files *files = context;
    if (path.n == 0 || memchr(path.p, '\0', path.n))
        return false;
    struct named_file *file = find(files, path);
    file->asked = true;
    *contents = buf_str(&file->contents);
    return file->readable;
}

struct named_files *named_files_create(void)
{
    struct named_files *files = xmalloc(sizeof *files);
    *files = (struct named_files){ .view = { files, read_named } };
    return files;
}

static void drop(struct named_file *file)
{
    forget(file);
    free(file->path);
}

void named_files_destroy(struct named_files *files)
{
    if (!files)
        return;
    for (size_t i = 0; i < files->all.n; i++)
        drop(&files->all.p[i]);
    vec_fini(&files->all);
    free(files);
}

const struct file_view *named_files_view(const struct named_files *files)
{
    return &files->view;
}

bool named_files_changed(struct named_files *files)
{
    bool changed = false;
    size_t kept = 0;
    for (size_t i = 0; i < files->all.n; i++) {
        struct named_file *file = &files->all.p[i];
        struct stat now = look(file->path);
        if (!same_file(&now, &file->seen)) {
            changed = changed || file->asked;
            load(file);
        }
    }
    for (size_t i = 0; changed && i < files->all.n; i++) {
        struct named_file *file = &files->all.p[i];
        if (!file->asked) {
            drop(file);
            continue;
        }
        file->asked = false; /* the compile that follows asks again for what it needs */
        files->all.p[kept++] = *file;
    }
    files->all.n = changed ? kept : files->all.n;
    return changed;
}
