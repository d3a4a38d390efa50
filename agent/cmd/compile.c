#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/cmd.h"
#include "control/named_files.h"
#include "emit/emit.h"
#include "kv/reader.h"

struct compilation {
    struct arena *arena;
    const struct settings *settings;
    struct diag *diag;
    struct plan *plan;
};

/* Reads --from and compiles it. false where that could not be done at all (said on standard error). */
static bool compile_source(const struct verb_call *call, struct compilation *c)
{
    const char *from = verb_value(call, "--from");
    struct kv_snapshot snapshot;
    if (!from) {
        fprintf(stderr, "maitred %s: --from SRC is needed: a file, a folder, or - for the standard input\n", call->verb->name);
        return false;
    }
    c->settings = cmd_settings(c->arena, call);
    if (!c->settings)
        return false;
    c->diag = diag_create(c->arena, 0);
    if (!kv_read_path(c->arena, from, c->settings->etcd.root_key, &snapshot, c->diag)) {
        cmd_print_findings(c->diag);
        return false;
    }
    const struct tree *tree = tree_decode(c->arena, &snapshot, c->diag);
    struct named_files *files = named_files_create();
    struct settings *settings = ARENA_NEW(c->arena, struct settings);
    *settings = *c->settings;
    settings->files = named_files_view(files);
    const struct model *model = model_build(c->arena, &tree, 1, settings, c->diag);
    c->plan = plan_build(c->arena, model, NULL);
    named_files_destroy(files);
    settings->files = NULL;
    diag_sort(c->diag);
    return true;
}

static void print_findings(const struct verb_call *call, const struct diag *diag)
{
    const char *format = verb_value(call, "--format");
    struct buf out = { 0 };
    if (format && strcmp(format, "json") == 0)
        diag_print_json(&out, diag);
    else
        diag_print(&out, diag, isatty(STDOUT_FILENO));
    if (out.n)
        fputs(out.p, stdout);
    buf_fini(&out);
}

static enum exit_code outcome(const struct diag *diag)
{
    return diag_count(diag, SEVERITY_ERROR) ? EXIT_FINDINGS : EXIT_CLEAN;
}

enum exit_code verb_check(const struct verb_call *call)
{
    struct compilation c = { .arena = arena_create() };
    enum exit_code status = EXIT_UNABLE;
    if (compile_source(call, &c)) {
        print_findings(call, c.diag);
        status = outcome(c.diag);
    }
    arena_destroy(c.arena);
    return status;
}

static bool write_artifacts(const char *folder, const struct artifacts *artifacts)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/maps", folder);
    bool ok = file_make_folder(path);
    for (size_t i = 0; i < artifacts->n && ok; i++) {
        const struct artifact *artifact = &artifacts->p[i];
        int n = snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARG(artifact->name));
        ok = n > 0 && (size_t)n < sizeof path && file_write(path, artifact->bytes, 0644, false);
    }
    if (!ok)
        fprintf(stderr, "maitred compile: cannot write %s: %s\n", path, strerror(errno));
    return ok;
}

enum exit_code verb_compile(const struct verb_call *call)
{
    struct compilation c = { .arena = arena_create() };
    const char *out = verb_value(call, "--out");
    enum exit_code status = EXIT_UNABLE;
    if (!out) {
        fprintf(stderr, "maitred compile: --out DIR is needed\n");
    } else if (compile_source(call, &c)) {
        /* Relative names: the artifacts are the same wherever they are made. */
        struct emit_paths paths = { STR("."), STR(".") };
        struct artifacts artifacts = emit_all(c.arena, c.plan, &paths);
        print_findings(call, c.diag);
        if (write_artifacts(out, &artifacts))
            status = outcome(c.diag);
    }
    arena_destroy(c.arena);
    return status;
}
