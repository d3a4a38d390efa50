/* A tree that a verb was given: SRC is a file, an etcdctl dump, a folder of keys, "-" for the standard input,
 * or "etcd" for the store that the static flags name. */
#pragma once

#include "cmd/cmd.h"
#include "cmd/store.h"
#include "plan/plan.h"

struct source {
    struct arena *arena; /* owns everything */
    const struct settings *settings;
    struct diag *diag;   /* findings of reading, tree and model, sorted */
    struct store *store; /* where SRC is "etcd": owns the snapshot's bytes */
    struct kv_snapshot snapshot;
    const struct tree *tree;
    const struct model *model;
};

/* Reads the SRC of an option and makes its model. false where that could not be done at all: said on standard
 * error. Release with source_fini in both cases; a zeroed source may be released too. */
bool source_read(const struct verb_call *call, const char *option, struct source *out);

/* The two steps of it, for verbs that change the snapshot in between or need no model. */
bool source_load(const struct verb_call *call, const char *from, struct source *out);
void source_model(struct source *source);

void source_fini(struct source *source);

/* Findings to standard output, as --format asks. */
void source_print_findings(const struct verb_call *call, const struct source *source);

/* EXIT_FINDINGS where there are errors (with --strict: warnings too). */
enum exit_code source_outcome(const struct verb_call *call, const struct source *source);
