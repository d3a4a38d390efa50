#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "kv/input.h"

struct folder_walk {
    struct kv_input in; /* the name is the folder's; no bytes */
    struct pair_list pairs;
    struct buf path; /* of the entry that is looked at; its key begins at `top` */
    size_t top;
    char *real; /* where the folder really is */
    size_t depth, bytes;
};

static bool report(struct folder_walk *w, const char *problem)
{
    diag_report(w->in.diag, FINDING_BAD_SOURCE, buf_str(&w->path), "%s", problem);
    return false;
}

static bool report_errno(struct folder_walk *w)
{
    return report(w, arena_printf(w->in.arena, "it cannot be read: %s", strerror(errno)).p);
}

/* The key of the file at w->path: below the root, which the path may name itself. */
static struct str key_of(const struct folder_walk *w)
{
    struct str path = str_from(buf_str(&w->path), w->top), root = w->in.root;
    bool named = path.n > root.n && str_starts(path, root) && path.p[root.n] == '/';
    return named || root.n == 0 ? arena_copy(w->in.arena, path)
                                : arena_printf(w->in.arena, "%.*s/%.*s", STR_ARG(root), STR_ARG(path));
}

/* Files end their last line; values do not. */
static struct str drop_line_end(struct str s)
{
    if (!str_ends(s, STR("\n")))
        return s;
    s.n--;
    return str_ends(s, STR("\r")) ? str_head(s, s.n - 1) : s;
}

static bool read_value(struct folder_walk *w, int fd, size_t size)
{
    if (size > KV_MAX_BYTES - w->bytes)
        return report(w, "the folder holds too much");
    char *p = arena_alloc(w->in.arena, size + 1, 1);
    size_t n = 0;
    while (n < size) {
        ssize_t got = read(fd, p + n, size - n);
        if (got < 0 && errno != EINTR)
            return report_errno(w);
        if (got == 0)
            break;
        n += got > 0 ? (size_t)got : 0;
    }
    w->bytes += n;
    return input_add(&w->in, &w->pairs, key_of(w), drop_line_end(str_of(p, n)));
}

/* Without waiting for a pipe's other end, and not through links: those were resolved before. */
static bool read_file_at(struct folder_walk *w, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) < 0) {
        report_errno(w);
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool good = S_ISREG(st.st_mode) ? read_value(w, fd, (size_t)st.st_size)
                                    : report(w, "it is neither a file nor a folder");
    close(fd);
    return good;
}

/* A link to a file inside the folder is that file; links to folders could lead in circles. */
static bool read_link(struct folder_walk *w)
{
    struct stat st;
    char *real = realpath(w->path.p, NULL);
    if (!real)
        return report_errno(w);
    struct str path = str_c(real), top = str_c(w->real);
    bool inside = str_starts(path, top) && path.n > top.n && (path.p[top.n] == '/' || top.n == 1);
    bool good = inside && stat(real, &st) == 0 && !S_ISDIR(st.st_mode)
                    ? read_file_at(w, real)
                    : report(w, "it is a link that leads out of the folder, or to another folder");
    free(real);
    return good;
}

static bool read_entries(struct folder_walk *w);

static bool read_entry(struct folder_walk *w)
{
    struct stat st;
    if (lstat(w->path.p, &st) < 0)
        return report_errno(w);
    if (S_ISLNK(st.st_mode))
        return read_link(w);
    return S_ISDIR(st.st_mode) ? read_entries(w) : read_file_at(w, w->path.p);
}

/* Hidden entries are no keys: version control, editors and mounted volumes keep things of their own there. */
static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The folder at w->path. All entries are looked at, so that all faults are found; false after any. */
static bool read_entries(struct folder_walk *w)
{
    struct dirent **entries;
    size_t length = w->path.n;
    if (w->depth == KV_MAX_DEPTH)
        return report(w, "it is nested too deeply");
    int n = scandir(w->path.p, &entries, is_visible, compare);
    if (n < 0)
        return report_errno(w);
    bool good = true;
    w->depth++;
    for (int i = 0; i < n; i++) {
        buf_printf(&w->path, "/%s", entries[i]->d_name);
        good = read_entry(w) && good;
        w->path.n = length;
        w->path.p[length] = '\0';
        free(entries[i]);
    }
    w->depth--;
    free(entries);
    return good;
}

bool kv_read_folder(struct arena *arena, const char *folder, struct str root, struct kv_snapshot *out,
                    struct diag *diag)
{
    struct folder_walk w = { .in = { arena, STR(""), str_c(folder), arena_copy(arena, root), diag } };
    *out = (struct kv_snapshot){ .root = w.in.root };
    buf_puts(&w.path, folder);
    w.top = w.path.n + 1;
    w.real = realpath(folder, NULL);
    bool good = w.real ? read_entries(&w) : report_errno(&w);
    if (good)
        *out = input_finish(&w.in, &w.pairs, STR("etcd"));
    vec_fini(&w.pairs);
    buf_fini(&w.path);
    free(w.real);
    return good;
}
