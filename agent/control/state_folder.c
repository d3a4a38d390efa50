#include "control/state_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "kv/reader.h"
#include "sys/crash.h"

/* Socket addresses are short (sun_path), and the longest of ours is beside the folder's name. */
enum { LONGEST_SOCKET_NAME = 24, LARGEST_TREE_FILE = 1 << 30 };

struct written {
    char name[64];
    unsigned char digest[SHA256_SIZE];
    bool unsynced;
};

struct state_folder {
    char path[4096];
    int lock;
    bool sync;
    pthread_mutex_t mutex; /* of `written`, and of the files themselves */
    VEC(struct written) written;
};

void state_folder_base(struct buf *out)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && *state)
        buf_printf(out, "%s/maitred", state);
    else if (geteuid() == 0)
        buf_puts(out, "/var/lib/maitred");
    else
        buf_printf(out, "%s/.local/state/maitred", home && *home ? home : "/tmp");
}

void state_folder_name(const struct settings *settings, struct buf *out)
{
    char instance[13];
    if (settings->state.dir.n) {
        buf_put(out, settings->state.dir);
        return;
    }
    settings_instance(settings, instance);
    state_folder_base(out);
    buf_printf(out, "/%s", instance);
}

static bool lock_folder(struct state_folder *folder, char error[static 512])
{
    char path[4200], holder[32] = "";
    snprintf(path, sizeof path, "%s/%s", folder->path, STATE_LOCK);
    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (folder->lock < 0) {
        snprintf(error, 512, "cannot write to the state folder %.200s: %s; name another with --state.dir",
                 folder->path, strerror(errno));
        return false;
    }
    if (flock(folder->lock, LOCK_EX | LOCK_NB) < 0) {
        ssize_t n = pread(folder->lock, holder, sizeof holder - 1, 0);
        holder[n > 0 ? n : 0] = '\0';
        snprintf(error, 512,
                 "the state folder %.200s is in use by another maitred (process %s): stop it, or name "
                 "another folder with "
                 "--state.dir",
                 folder->path, holder);
        return false;
    }
    int n = snprintf(holder, sizeof holder, "%ld", (long)getpid());
    return ftruncate(folder->lock, 0) == 0 && pwrite(folder->lock, holder, (size_t)n, 0) == n;
}

/* HAProxy is told of files in the folder, and takes names without a slash in front for something else. */
static void make_absolute(struct buf *name)
{
    char here[4096];
    struct buf whole = { 0 };
    if (name->n == 0 || name->p[0] == '/' || !getcwd(here, sizeof here))
        return;
    buf_printf(&whole, "%s/%s", strcmp(here, "/") == 0 ? "" : here, name->p);
    buf_fini(name);
    *name = whole;
}

struct state_folder *state_folder_open(const struct settings *settings, char error[static 512])
{
    struct buf name = { 0 };
    struct state_folder *folder = xmalloc(sizeof *folder);
    *folder = (struct state_folder){ .lock = -1, .sync = settings->state.sync };
    pthread_mutex_init(&folder->mutex, NULL);
    state_folder_name(settings, &name);
    make_absolute(&name);
    bool fits = name.n + 1 + LONGEST_SOCKET_NAME < sizeof((struct sockaddr_un *)0)->sun_path;
    snprintf(folder->path, sizeof folder->path, "%s", name.p);
    buf_fini(&name);
    if (!fits)
        snprintf(error, 512,
                 "the state folder's name is too long for the sockets in it: %.200s; name another with "
                 "--state.dir",
                 folder->path);
    bool made = fits && file_make_folder(folder->path);
    char maps[4200];
    snprintf(maps, sizeof maps, "%s/maps", folder->path);
    made = made && file_make_folder(maps);
    snprintf(maps, sizeof maps, "%s/" ARTIFACT_TLS, folder->path);
    made = made && file_make_folder(maps);
    if (fits && !made)
        snprintf(error, 512, "cannot make the state folder %.200s: %s; name another with --state.dir",
                 folder->path, strerror(errno));
    if (made && lock_folder(folder, error))
        return folder;
    state_folder_close(folder);
    return NULL;
}

void state_folder_close(struct state_folder *folder)
{
    if (!folder)
        return;
    if (folder->lock >= 0)
        close(folder->lock);
    vec_fini(&folder->written);
    pthread_mutex_destroy(&folder->mutex);
    free(folder);
}

const char *state_folder_path(const struct state_folder *folder)
{
    return folder->path;
}

static void path_of(const struct state_folder *folder, struct str name, char out[static 4200])
{
    snprintf(out, 4200, "%s/%.*s", folder->path, STR_ARG(name));
}

static void digest_of(struct str bytes, unsigned char out[static SHA256_SIZE])
{
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, bytes);
    sha256_end(&h, out);
}

static struct written *written_find(struct state_folder *folder, struct str name)
{
    for (size_t i = 0; i < folder->written.n; i++)
        if (str_eq(str_c(folder->written.p[i].name), name))
            return &folder->written.p[i];
    vec_push(&folder->written, (struct written){ 0 });
    struct written *new = &folder->written.p[folder->written.n - 1];
    snprintf(new->name, sizeof new->name, "%.*s", STR_ARG(name));
    return new;
}

static bool write_changed(struct state_folder *folder, struct str name, struct str bytes,
                          char error[static 512])
{
    char path[4200];
    struct written *last = written_find(folder, name);
    unsigned char digest[SHA256_SIZE];
    digest_of(bytes, digest);
    if (memcmp(last->digest, digest, sizeof digest) == 0)
        return true;
    path_of(folder, name, path);
    if (!file_write(path, bytes, 0600, false)) {
        snprintf(error, 512, "cannot write %.300s: %s", path, strerror(errno));
        memset(last->digest, 0, sizeof last->digest);
        return false;
    }
    memcpy(last->digest, digest, sizeof digest);
    last->unsynced = true;
    crash_at(CRASH_FIRST_FILE);
    return true;
}

void state_folder_forget(struct state_folder *folder)
{
    pthread_mutex_lock(&folder->mutex);
    for (size_t i = 0; i < folder->written.n; i++)
        memset(folder->written.p[i].digest, 0, SHA256_SIZE);
    pthread_mutex_unlock(&folder->mutex);
}

static void sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* The name of something unsynced, which is synced from now on. */
static bool take_unsynced(struct state_folder *folder, char path[static 4200])
{
    bool found = false;
    pthread_mutex_lock(&folder->mutex);
    for (size_t i = 0; i < folder->written.n && !found; i++) {
        found = folder->written.p[i].unsynced;
        folder->written.p[i].unsynced = false;
        if (found)
            path_of(folder, str_c(folder->written.p[i].name), path);
    }
    pthread_mutex_unlock(&folder->mutex);
    return found;
}

/* Without the mutex: no write waits for a sync. */
void state_folder_sync(struct state_folder *folder)
{
    char path[4200];
    while (folder->sync && take_unsynced(folder, path)) {
        sync_path(path, O_RDONLY);
        /* A rename lasts when its folder is synced. */
        *strrchr(path, '/') = '\0';
        sync_path(path, O_RDONLY | O_DIRECTORY);
    }
}

/* Certificates and keys that no server needs any more do not stay on the disk. Whoever wants one again writes
 * it again. */
static void remove_unused_secrets(struct state_folder *folder, const struct artifacts *artifacts)
{
    char path[4200], name[512];
    struct arena *arena = arena_create();
    struct strmap *used = strmap_create(arena, artifacts->n);
    for (size_t i = 0; i < artifacts->n; i++)
        strmap_put(used, artifacts->p[i].name, folder);
    snprintf(path, sizeof path, "%s/" ARTIFACT_TLS, folder->path);
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        snprintf(name, sizeof name, ARTIFACT_TLS "/%s", entry->d_name);
        if (entry->d_name[0] == '.' || strmap_get(used, str_c(name)))
            continue;
        memset(written_find(folder, str_c(name))->digest, 0, SHA256_SIZE);
        path_of(folder, str_c(name), path);
        unlink(path);
    }
    if (directory)
        closedir(directory);
    arena_destroy(arena);
}

bool state_folder_write(struct state_folder *folder, const struct artifacts *artifacts,
                        char error[static 512])
{
    bool ok = true;
    pthread_mutex_lock(&folder->mutex);
    for (size_t i = 0; i < artifacts->n && ok; i++)
        ok = write_changed(folder, artifacts->p[i].name, artifacts->p[i].bytes, error);
    if (ok)
        remove_unused_secrets(folder, artifacts);
    pthread_mutex_unlock(&folder->mutex);
    return ok;
}

static bool is_skeleton(const struct artifact *artifact)
{
    /* The shape's file also says who holds which backend at present. */
    return artifact->skeleton && !str_eq(artifact->name, STR(ARTIFACT_SHAPE));
}

bool state_folder_has_skeleton(const struct state_folder *folder, const struct artifacts *artifacts)
{
    bool equal = true;
    for (size_t i = 0; i < artifacts->n && equal; i++) {
        char path[4200];
        struct buf bytes = { 0 };
        if (!is_skeleton(&artifacts->p[i]))
            continue;
        path_of(folder, artifacts->p[i].name, path);
        equal = file_read(path, LARGEST_TREE_FILE, &bytes) && str_eq(buf_str(&bytes), artifacts->p[i].bytes);
        buf_fini(&bytes);
    }
    return equal;
}

bool state_folder_load_tree(const struct state_folder *folder, struct arena *arena, struct str root,
                            struct kv_snapshot *out)
{
    char path[4200];
    struct buf bytes = { 0 };
    path_of(folder, STR(STATE_TREE), path);
    bool ok = file_read(path, LARGEST_TREE_FILE, &bytes);
    struct diag *diag = diag_create(arena, 1);
    ok = ok && kv_read(arena, arena_copy(arena, buf_str(&bytes)), KV_FORMAT_DUMP_JSON, STR(STATE_TREE), root,
                       out, diag);
    buf_fini(&bytes);
    return ok;
}

bool state_folder_save_tree(struct state_folder *folder, const struct kv_snapshot *snapshot,
                            char error[static 512])
{
    struct buf out = { 0 };
    buf_printf(&out, "{\"header\":{\"revision\":%lld},\"kvs\":[", (long long)snapshot->revision);
    for (size_t i = 0; i < snapshot->n; i++) {
        buf_puts(&out, i ? ",\n{\"key\":\"" : "\n{\"key\":\"");
        base64_put(&out, snapshot->pairs[i].key);
        buf_puts(&out, "\",\"value\":\"");
        base64_put(&out, snapshot->pairs[i].value);
        buf_puts(&out, "\"}");
    }
    buf_puts(&out, "]}\n");
    pthread_mutex_lock(&folder->mutex);
    bool ok = write_changed(folder, STR(STATE_TREE), buf_str(&out), error);
    pthread_mutex_unlock(&folder->mutex);
    buf_fini(&out);
    return ok;
}

bool state_folder_load_shape(const struct state_folder *folder, struct arena *arena, struct shape *out)
{
    char path[4200];
    struct buf bytes = { 0 };
    path_of(folder, STR(ARTIFACT_SHAPE), path);
    bool ok = file_read(path, LARGEST_TREE_FILE, &bytes) && shape_read(arena, buf_str(&bytes), out);
    buf_fini(&bytes);
    return ok;
}
