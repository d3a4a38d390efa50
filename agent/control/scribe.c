#include "control/scribe.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "control/history.h"
#include "sys/clock.h"
#include "sys/crash.h"

enum {
    SHARE = 20,              /* writing takes at most that part of the time of one processor … */
    LONGEST_PAUSE_MS = 1000, /* … but files of the maps are never behind for longer */
    TREE_AFTER_MS = 1000,    /* the tree, which is read only while etcd is away, follows that much later */
    AGAIN_MS = 500,          /* after a failure */
};

struct scribe {
    struct scribe_parts parts;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t told, done;
    struct generation *next;  /* whose files are to be written; NULL: none */
    struct generation *tree;  /* whose tree is */
    struct generation *ahead; /* to be prepared; NULL: none, or it is written or was given up */
    enum prepared prepared;
    char ahead_skeleton[SKELETON_NAME + 1], ahead_error[512];
    int64_t files_due_ns, tree_due_ns;
    bool busy, ending, flushing;
    char error[512], tree_error[512];
};

/* Emits and writes: what a push would have to wait for. */
static bool write_files(struct scribe *scribe, const struct generation *generation,
                        char skeleton[static SKELETON_NAME + 1], char error[static 512])
{
    struct arena *arena = arena_create();
    struct artifacts artifacts = emit_all(arena, generation->plan, &scribe->parts.paths);
    skeleton_brand(arena, &artifacts, &generation->plan->shape, skeleton);
    bool ok = state_folder_write(scribe->parts.folder, &artifacts, error);
    arena_destroy(arena);
    crash_at(CRASH_FILES);
    return ok;
}

static bool write_tree(struct scribe *scribe, const struct generation *generation, char error[static 512])
{
    const struct settings *settings = scribe->parts.settings;
    bool saved = true;
    if (settings->etcd.on && generation->revision) {
        struct arena *arena = arena_create();
        struct kv_snapshot tree = generation_tree(generation, arena);
        saved = state_folder_save_tree(scribe->parts.folder, &tree, error);
        crash_at(CRASH_TREE);
        if (saved)
            history_keep(state_folder_path(scribe->parts.folder), tree.revision, settings->state.history);
        crash_at(CRASH_HISTORY);
        arena_destroy(arena);
    }
    state_folder_sync(scribe->parts.folder);
    return saved;
}

/* When the next write may begin after one that took so long. */
static int64_t pause_after(int64_t took_ns, int64_t longest_ns)
{
    int64_t pause = took_ns * SHARE;
    return pause < longest_ns ? pause : longest_ns;
}

/* The lock is held before and after, and not while it writes. */
static void do_files(struct scribe *scribe)
{
    struct generation *generation = scribe->next;
    char error[512] = "", skeleton[SKELETON_NAME + 1];
    scribe->next = NULL;
    scribe->busy = true;
    pthread_mutex_unlock(&scribe->lock);
    int64_t start = clock_monotonic_ns();
    bool ok = write_files(scribe, generation, skeleton, error);
    int64_t end = clock_monotonic_ns();
    pthread_mutex_lock(&scribe->lock);
    scribe->busy = false;
    snprintf(scribe->error, sizeof scribe->error, "%s", ok ? "" : error);
    scribe->flushing = scribe->flushing && ok; /* nobody waits for what cannot be written */
    scribe->files_due_ns =
        end + (ok ? pause_after(end - start, LONGEST_PAUSE_MS * NS_PER_MS) : AGAIN_MS * NS_PER_MS);
    if (ok || scribe->next || scribe->ending)
        generation_release(generation);
    else
        scribe->next = generation;
}

static void do_tree(struct scribe *scribe)
{
    struct generation *generation = scribe->tree;
    char error[512] = "";
    scribe->tree = NULL;
    scribe->busy = true;
    pthread_mutex_unlock(&scribe->lock);
    int64_t start = clock_monotonic_ns();
    bool ok = write_tree(scribe, generation, error);
    int64_t end = clock_monotonic_ns();
    pthread_mutex_lock(&scribe->lock);
    scribe->busy = false;
    snprintf(scribe->tree_error, sizeof scribe->tree_error, "%s", ok ? "" : error);
    scribe->flushing = scribe->flushing && ok;
    scribe->tree_due_ns = end + (ok ? (end - start) * SHARE : AGAIN_MS * NS_PER_MS);
    if (ok || scribe->tree || scribe->ending)
        generation_release(generation);
    else
        scribe->tree = generation;
}

static void do_ahead(struct scribe *scribe)
{
    struct generation *generation = generation_hold(scribe->ahead);
    char error[512] = "", skeleton[SKELETON_NAME + 1];
    generation_release(scribe->next); /* older */
    scribe->next = NULL;
    scribe->busy = true;
    pthread_mutex_unlock(&scribe->lock);
    state_folder_forget(scribe->parts.folder); /* another hand may have changed them */
    bool ok = write_files(scribe, generation, skeleton, error);
    pthread_mutex_lock(&scribe->lock);
    scribe->busy = false;
    if (scribe->ahead == generation) {
        scribe->prepared = ok ? PREPARED_YES : PREPARED_FAILED;
        memcpy(scribe->ahead_skeleton, skeleton, sizeof skeleton);
        snprintf(scribe->ahead_error, sizeof scribe->ahead_error, "%s", error);
        generation_release(scribe->ahead);
        scribe->ahead = NULL;
    }
    generation_release(generation);
}

static void wait_until(struct scribe *scribe, int64_t due_ns)
{
    struct timespec at = { due_ns / 1000000000, due_ns % 1000000000 };
    if (due_ns == INT64_MAX)
        pthread_cond_wait(&scribe->told, &scribe->lock);
    else
        pthread_cond_timedwait(&scribe->told, &scribe->lock, &at);
}

static void *run(void *context)
{
    struct scribe *scribe = context;
    sigset_t all;
    sigfillset(&all); /* signals are for the program's own loop */
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_mutex_lock(&scribe->lock);
    for (;;) {
        int64_t now = clock_monotonic_ns();
        bool hurry = scribe->ending || scribe->flushing;
        if (scribe->next && (hurry || now >= scribe->files_due_ns)) {
            do_files(scribe);
        } else if (scribe->ahead && !scribe->ending) {
            do_ahead(scribe);
        } else if (scribe->tree && (hurry || now >= scribe->tree_due_ns)) {
            do_tree(scribe);
        } else if (scribe->ending) {
            break;
        } else if (scribe->flushing) {
            scribe->flushing = false;
        } else {
            int64_t files = scribe->next ? scribe->files_due_ns : INT64_MAX;
            int64_t tree = scribe->tree ? scribe->tree_due_ns : INT64_MAX;
            wait_until(scribe, files < tree ? files : tree);
            continue;
        }
        pthread_cond_broadcast(&scribe->done);
    }
    pthread_mutex_unlock(&scribe->lock);
    return NULL;
}

static void scribe_free(struct scribe *scribe)
{
    pthread_cond_destroy(&scribe->told);
    pthread_cond_destroy(&scribe->done);
    pthread_mutex_destroy(&scribe->lock);
    free(scribe);
}

struct scribe *scribe_start(const struct scribe_parts *parts, char error[static 512])
{
    struct scribe *scribe = xmalloc(sizeof *scribe);
    pthread_condattr_t monotonic;
    *scribe = (struct scribe){ .parts = *parts };
    if (parts->settings->state.history > 0)
        history_open(state_folder_path(parts->folder));
    pthread_mutex_init(&scribe->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&scribe->told, &monotonic);
    pthread_cond_init(&scribe->done, NULL);
    pthread_condattr_destroy(&monotonic);
    int code = pthread_create(&scribe->thread, NULL, run, scribe);
    if (code == 0)
        return scribe;
    snprintf(error, 512, "no thread: %s", strerror(code));
    scribe_free(scribe);
    return NULL;
}

void scribe_stop(struct scribe *scribe)
{
    if (!scribe)
        return;
    pthread_mutex_lock(&scribe->lock);
    scribe->ending = true;
    pthread_cond_signal(&scribe->told);
    pthread_mutex_unlock(&scribe->lock);
    pthread_join(scribe->thread, NULL);
    generation_release(scribe->ahead);
    scribe_free(scribe);
}

static void replace(struct generation **slot, struct generation *by)
{
    generation_release(*slot);
    *slot = generation_hold(by);
}

static void give_up_ahead(struct scribe *scribe)
{
    replace(&scribe->ahead, NULL);
    scribe->prepared = PREPARED_NOT;
}

void scribe_follow(struct scribe *scribe, struct generation *generation)
{
    pthread_mutex_lock(&scribe->lock);
    int64_t later = clock_monotonic_ns() + TREE_AFTER_MS * NS_PER_MS;
    if (!scribe->tree && scribe->tree_due_ns &&
        scribe->tree_due_ns < later) /* the first one is saved at once */
        scribe->tree_due_ns = later;
    give_up_ahead(scribe);
    replace(&scribe->next, generation);
    replace(&scribe->tree, generation);
    pthread_cond_signal(&scribe->told);
    pthread_mutex_unlock(&scribe->lock);
}

bool scribe_write(struct scribe *scribe, const struct generation *generation, enum write_which which,
                  char skeleton[static SKELETON_NAME + 1], char error[static 512])
{
    pthread_mutex_lock(&scribe->lock);
    while (scribe->busy)
        pthread_cond_wait(&scribe->done, &scribe->lock);
    give_up_ahead(scribe);
    replace(&scribe->next, NULL); /* older */
    if (which == WRITE_ALL)
        state_folder_forget(scribe->parts.folder);
    bool ok = write_files(scribe, generation, skeleton, error);
    snprintf(scribe->error, sizeof scribe->error, "%s", ok ? "" : error);
    pthread_mutex_unlock(&scribe->lock);
    return ok;
}

void scribe_prepare(struct scribe *scribe, struct generation *generation)
{
    pthread_mutex_lock(&scribe->lock);
    replace(&scribe->ahead, generation);
    scribe->prepared = PREPARED_SOON;
    pthread_cond_signal(&scribe->told);
    pthread_mutex_unlock(&scribe->lock);
}

enum prepared scribe_prepared(struct scribe *scribe, char skeleton[static SKELETON_NAME + 1],
                              char error[static 512])
{
    pthread_mutex_lock(&scribe->lock);
    enum prepared prepared = scribe->prepared;
    memcpy(skeleton, scribe->ahead_skeleton, sizeof scribe->ahead_skeleton);
    snprintf(error, 512, "%s", scribe->ahead_error);
    pthread_mutex_unlock(&scribe->lock);
    return prepared;
}

void scribe_flush(struct scribe *scribe)
{
    pthread_mutex_lock(&scribe->lock);
    scribe->flushing = true;
    pthread_cond_signal(&scribe->told);
    while (scribe->flushing)
        pthread_cond_wait(&scribe->done, &scribe->lock);
    pthread_mutex_unlock(&scribe->lock);
}

bool scribe_has_skeleton(struct scribe *scribe, const struct generation *generation)
{
    struct arena *arena = arena_create();
    char skeleton[SKELETON_NAME + 1];
    struct artifacts artifacts = emit_all(arena, generation->plan, &scribe->parts.paths);
    skeleton_brand(arena, &artifacts, &generation->plan->shape, skeleton);
    bool same = state_folder_has_skeleton(scribe->parts.folder, &artifacts);
    arena_destroy(arena);
    return same;
}

bool scribe_failed(struct scribe *scribe, char error[static 512])
{
    pthread_mutex_lock(&scribe->lock);
    snprintf(error, 512, "%s", scribe->error[0] ? scribe->error : scribe->tree_error);
    pthread_mutex_unlock(&scribe->lock);
    return error[0] != '\0';
}
