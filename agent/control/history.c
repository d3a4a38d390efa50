#include "control/history.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vec.h"
#include "control/state_folder.h"
#include "kv/reader.h"

enum { LARGEST_TREE = 1 << 30 };

static void path_of(const char *folder, int64_t revision, char out[static 4300])
{
    snprintf(out, 4300, "%.4096s/" STATE_HISTORY "/%lld.json", folder, (long long)revision);
}

/* "123.json" → 123; 0: no such name. */
static int64_t revision_of(const char *name)
{
    struct str text = str_c(name);
    int64_t revision;
    if (!str_ends(text, STR(".json")) || !str_to_int64(str_head(text, text.n - 5), &revision))
        return 0;
    return revision;
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

size_t history_list(const char *folder, int64_t *out, size_t n)
{
    char path[4300];
    VEC(int64_t) found = { 0 };
    snprintf(path, sizeof path, "%.4096s/" STATE_HISTORY, folder);
    DIR *all = opendir(path);
    for (struct dirent *entry; all && (entry = readdir(all));)
        if (revision_of(entry->d_name) > 0)
            vec_push(&found, revision_of(entry->d_name));
    if (all)
        closedir(all);
    if (found.n)
        qsort(found.p, found.n, sizeof *found.p, newest_first);
    for (size_t i = 0; i < found.n && i < n; i++)
        out[i] = found.p[i];
    size_t total = found.n;
    vec_fini(&found);
    return total;
}

/* The oldest are those that were kept longest ago; after a restored backup that is not the order of the
 * revisions, but near enough: the one just kept never goes. */
static void prune(const char *folder, int64_t newest, int limit)
{
    char path[4300];
    size_t n = history_list(folder, NULL, 0), left = n;
    int64_t *all = xmalloc((n + 1) * sizeof *all);
    n = history_list(folder, all, n);
    for (size_t i = n; i-- > 0 && left > (size_t)limit;) {
        if (all[i] == newest)
            continue;
        path_of(folder, all[i], path);
        unlink(path);
        left--;
    }
    free(all);
}

bool history_open(const char *folder)
{
    char path[4300];
    snprintf(path, sizeof path, "%.4096s/" STATE_HISTORY, folder);
    return file_make_folder(path);
}

void history_keep(const char *folder, int64_t revision, int limit)
{
    char last[4300], kept[4300];
    if (limit <= 0 || revision <= 0 || !history_open(folder))
        return;
    snprintf(last, sizeof last, "%.4096s/" STATE_TREE, folder);
    path_of(folder, revision, kept);
    unlink(kept);
    if (link(last, kept) == 0)
        prune(folder, revision, limit);
}

bool history_load(const char *folder, struct arena *arena, struct str root, int64_t revision,
                  struct kv_snapshot *out)
{
    char path[4300];
    struct buf bytes = { 0 };
    path_of(folder, revision, path);
    struct diag *diag = diag_create(arena, 1);
    bool ok = file_read(path, LARGEST_TREE, &bytes) &&
              kv_read(arena, arena_copy(arena, buf_str(&bytes)), KV_FORMAT_DUMP_JSON, STR("history"), root,
                      out, diag) &&
              out->revision == revision;
    buf_fini(&bytes);
    return ok;
}
