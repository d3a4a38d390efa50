#include "diff/import_plan.h"

#include <stdarg.h>
#include <stdio.h>

#include "cmd/source.h"

/* A request to etcd holds 1.5 MiB by default; base64 makes three bytes four. */
enum { MOST_BYTES = 1000000 };

struct import {
    const struct verb_call *call;
    struct source source;
    struct store *store;
    struct kv_snapshot before;
    struct import_ops ops;
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    va_list args;
    fputs("maitred import: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* A tree that Traefik or maitred cannot read is not written. */
static bool is_sound(struct import *im)
{
    struct source *s = &im->source;
    tree_decode(s->arena, &s->snapshot, s->diag);
    import_check(&s->snapshot, s->diag);
    diag_sort(s->diag);
    size_t errors = 0;
    for (size_t i = 0; i < diag_total(s->diag); i++) {
        const struct finding *f = diag_get(s->diag, i);
        errors += f->severity == SEVERITY_ERROR && f->code != FINDING_NOT_SUPPORTED;
    }
    cmd_print_findings(im->call, s->diag);
    if (errors)
        say("nothing was written: the tree has errors");
    return errors == 0;
}

static bool look(struct import *im)
{
    char error[512] = "";
    const char *from = verb_value(im->call, "--from");
    if (!from || strcmp(from, "etcd") == 0) {
        say("--from SRC is needed: a file, a folder, or - for the standard input");
        return false;
    }
    if (!source_load(im->call, from, &im->source) || !is_sound(im))
        return false;
    im->store = store_open(im->source.settings, error);
    if (!im->store || !store_list(im->store, &im->before, error)) {
        say("%s", error);
        return false;
    }
    im->ops = import_plan(im->source.arena, &im->before, &im->source.snapshot,
                          verb_value(im->call, "--prune") != NULL);
    return true;
}

static void print_ops(const struct import *im)
{
    for (size_t i = 0; i < im->ops.n; i++) {
        const struct import_op *op = &im->ops.p[i];
        if (op->end.n && op->n > 1)
            printf("- %.*s and %zu keys behind it\n", STR_ARG(op->key), op->n - 1);
        else
            printf("%c %.*s\n", op->end.n ? '-' : op->is_new ? '+' : '~', STR_ARG(op->key));
    }
}

/* How many operations from `from` on fit one transaction. */
static size_t fitting(const struct import_ops *ops, size_t from)
{
    size_t n = 0, bytes = 0;
    while (from + n < ops->n && n < STORE_MAX_OPS) {
        const struct import_op *op = &ops->p[from + n];
        bytes += op->key.n + op->end.n + op->value.n + 40;
        if (n && bytes > MOST_BYTES)
            break;
        n++;
    }
    return n;
}

static bool commit(struct import *im, size_t from, size_t n, int64_t *revision)
{
    struct store_op ops[STORE_MAX_OPS];
    char error[512] = "";
    for (size_t i = 0; i < n; i++) {
        const struct import_op *op = &im->ops.p[from + i];
        ops[i] = (struct store_op){ .key = op->key, .end = op->end, .value = op->value };
    }
    switch (store_commit(im->store, ops, n, revision, error)) {
    case STORE_DONE:
        return true;
    case STORE_CHANGED:
        say("%s: somebody else wrote to the tree meanwhile; try again",
            from ? "stopped half-way" : "nothing was written");
        return false;
    default:
        say("%s: %s", from ? "stopped half-way" : "not written", error);
        return false;
    }
}

static enum exit_code write_all(struct import *im)
{
    size_t steps = 0;
    int64_t revision = im->before.revision;
    bool whole = fitting(&im->ops, 0) == im->ops.n;
    if (!whole && !verb_value(im->call, "--in-steps")) {
        say("nothing was written: %zu operations are more than one transaction of etcd's takes (%d "
            "operations, about 1 MB), "
            "so the change would not be seen as one. --in-steps writes it in several: services and "
            "middlewares first, then "
            "routers, deletions last",
            im->ops.n, STORE_MAX_OPS);
        return EXIT_UNABLE;
    }
    for (size_t at = 0; at < im->ops.n; steps++) {
        size_t n = fitting(&im->ops, at);
        if (!commit(im, at, n, &revision))
            return EXIT_UNABLE;
        at += n;
    }
    printf("%zu keys added, %zu changed, %zu deleted in %zu transaction%s; revision %lld\n", im->ops.n_added,
           im->ops.n_changed, im->ops.n_deleted, steps, steps == 1 ? "" : "s", (long long)revision);
    return EXIT_CLEAN;
}

enum exit_code verb_import(const struct verb_call *call)
{
    struct import im = { .call = call };
    enum exit_code status = EXIT_UNABLE;
    if (look(&im)) {
        if (im.ops.n == 0) {
            printf("nothing to do: the store holds all of it\n");
            status = EXIT_CLEAN;
        } else if (verb_value(call, "--dry-run")) {
            print_ops(&im);
            printf("%zu keys to add, %zu to change, %zu to delete; nothing was written\n", im.ops.n_added,
                   im.ops.n_changed, im.ops.n_deleted);
            status = EXIT_FINDINGS;
        } else {
            status = write_all(&im);
        }
    }
    store_close(im.store);
    source_fini(&im.source);
    return status;
}
