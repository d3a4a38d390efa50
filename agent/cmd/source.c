#include "cmd/source.h"

#include <stdio.h>

#include "control/named_files.h"
#include "kv/reader.h"
#include "route/tree_files.h"

static bool load_store(const char *verb, struct source *out)
{
    char error[512] = "";
    out->store = store_open(out->settings, error);
    if (out->store && store_list(out->store, &out->snapshot, error))
        return true;
    fprintf(stderr, "maitred %s: %s\n", verb, error);
    return false;
}

bool source_load(const struct verb_call *call, const char *from, struct source *out)
{
    *out = (struct source){ .arena = arena_create() };
    out->settings = cmd_settings(out->arena, call);
    if (!out->settings)
        return false;
    out->diag = diag_create(out->arena, 0);
    if (strcmp(from, "etcd") == 0)
        return load_store(call->verb->name, out);
    if (kv_read_path(out->arena, from, out->settings->etcd.root_key, &out->snapshot, out->diag))
        return true;
    cmd_print_findings(call, out->diag);
    return false;
}

void source_model(struct source *source)
{
    struct tree *tree = tree_decode(source->arena, &source->snapshot, source->diag);
    tree_read_files(source->arena, tree);
    source->tree = tree;
    /* The model keeps copies of what it reads. */
    struct named_files *files = named_files_create();
    struct settings *settings = ARENA_NEW(source->arena, struct settings);
    *settings = *source->settings;
    settings->files = named_files_view(files);
    source->settings = settings;
    source->model = model_build(source->arena, &source->tree, 1, settings, source->diag);
    settings->files = NULL;
    named_files_destroy(files);
    diag_sort(source->diag);
}

bool source_read(const struct verb_call *call, const char *option, struct source *out)
{
    const char *from = verb_value(call, option);
    *out = (struct source){ 0 };
    if (!from) {
        fprintf(stderr, "maitred %s: %s SRC is needed: a file, a folder, etcd, or - for the standard input\n",
                call->verb->name, option);
        return false;
    }
    if (!source_load(call, from, out))
        return false;
    source_model(out);
    return true;
}

void source_fini(struct source *source)
{
    store_close(source->store);
    arena_destroy(source->arena);
}

void source_print_findings(const struct verb_call *call, const struct source *source)
{
    struct buf out = { 0 };
    if (cmd_wants_json(call))
        diag_print_json(&out, source->diag);
    else
        diag_print(&out, source->diag, cmd_colour(call, stdout));
    if (out.n)
        fputs(out.p, stdout);
    buf_fini(&out);
}

enum exit_code source_outcome(const struct verb_call *call, const struct source *source)
{
    enum severity least = verb_value(call, "--strict") ? SEVERITY_WARNING : SEVERITY_ERROR;
    return diag_count(source->diag, least) ? EXIT_FINDINGS : EXIT_CLEAN;
}
