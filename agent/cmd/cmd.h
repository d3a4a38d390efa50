/* The verbs: one file each, one table. */
#pragma once

#include <stddef.h>

#include "base/diag.h"
#include "route/settings.h"

/* Exit codes of every verb. */
enum exit_code {
    EXIT_CLEAN = 0,    /* done; no errors found, nothing differs */
    EXIT_FINDINGS = 1, /* errors found, or differences; for `run`: could not start */
    EXIT_UNABLE = 2    /* the verb itself could not be carried out: bad usage, unreadable source */
};

struct verb_option {
    const char *name; /* "--from" */
    const char *value; /* what it takes, for help; NULL: a switch */
    const char *help;
};

enum { VERB_MAX_OPTIONS = 8 };

/* A verb's own options as given; everything else on the command line is a static flag. */
struct verb_call {
    const struct verb *verb;
    const char *values[VERB_MAX_OPTIONS]; /* by the row of verb->options; NULL: absent; "" for a switch */
    const char **flags; /* static flags */
    size_t n_flags;
};

struct verb {
    const char *name;
    const char *help; /* one line */
    enum exit_code (*run)(const struct verb_call *call);
    struct verb_option options[VERB_MAX_OPTIONS]; /* ended by a row without a name */
};

/* Ended by a row without a name. */
extern const struct verb verbs[];

/* The program: finds the verb, splits the words, runs it. */
int cmd_main(int argc, char **argv);

/* --help of one verb, or of all (NULL), to standard output. */
void cmd_help(const struct verb *verb);

/* The value of an option, or NULL. */
const char *verb_value(const struct verb_call *call, const char *option);

/* Settings from the call's flags, the environment and the configuration file that Traefik would find. NULL after printing the findings to
 * standard error where one of them is an error. */
const struct settings *cmd_settings(struct arena *arena, const struct verb_call *call);

/* Prints findings to standard error: coloured on a terminal. */
void cmd_print_findings(const struct diag *diag);

enum exit_code verb_run(const struct verb_call *call);
enum exit_code verb_compile(const struct verb_call *call);
enum exit_code verb_check(const struct verb_call *call);
enum exit_code verb_status(const struct verb_call *call);
enum exit_code verb_confirm(const struct verb_call *call);
enum exit_code verb_pin(const struct verb_call *call);
enum exit_code verb_unpin(const struct verb_call *call);
enum exit_code verb_rollback(const struct verb_call *call);
enum exit_code verb_verify(const struct verb_call *call);
enum exit_code verb_version(const struct verb_call *call);
enum exit_code verb_help(const struct verb_call *call);
