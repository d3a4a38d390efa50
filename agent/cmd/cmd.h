/* The verbs: one file each, one table. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "base/diag.h"
#include "route/settings.h"

/* Exit codes of every verb. */
enum exit_code {
    EXIT_CLEAN = 0,    /* done; no errors found, nothing differs */
    EXIT_FINDINGS = 1, /* errors found, or differences; for `run`: could not start */
    EXIT_UNABLE = 2    /* the verb itself could not be carried out: bad usage, unreadable source */
};

struct verb_option {
    const char *name;  /* "--from" */
    const char *value; /* what it takes, for help: "a|b" are the only ones, other words stand for any; NULL: a
                          switch */
    const char *help;
};

enum { VERB_MAX_OPTIONS = 8, COMMON_OPTIONS = 1 };

/* Options of every verb. */
extern const struct verb_option common_options[COMMON_OPTIONS];

/* A verb's own options as given; everything else on the command line is a static flag. */
struct verb_call {
    const struct verb *verb;
    const char *values[VERB_MAX_OPTIONS]; /* by the row of verb->options; NULL: absent; "" for a switch */
    const char *common[COMMON_OPTIONS];   /* the same for common_options */
    const char **flags;                   /* static flags */
    size_t n_flags;
};

struct verb {
    const char *name;
    const char *help; /* one line */
    enum exit_code (*run)(const struct verb_call *call);
    struct verb_option options[VERB_MAX_OPTIONS]; /* ended by a row without a name */
    const char *exit_codes; /* what 0, 1 and 2 mean, where that is not the usual; NULL: it is */
    bool no_flags;          /* takes a word (help, completion) or nothing, but no static flags */
};

/* Ended by a row without a name. */
extern const struct verb verbs[];
const struct verb *verb_find(const char *name); /* or NULL */

/* The program: finds the verb, splits the words, runs it. */
int cmd_main(int argc, char **argv);

/* --help of one verb, or of all (NULL), to standard output. */
void cmd_help(const struct verb *verb);

/* The value of an option, or NULL. */
const char *verb_value(const struct verb_call *call, const char *option);

/* --format=json. */
bool cmd_wants_json(const struct verb_call *call);

/* Whether to colour what goes to `stream`: as --color says, else on a terminal where NO_COLOR is not set. */
bool cmd_colour(const struct verb_call *call, FILE *stream);

/* Settings from the call's flags, the environment and the configuration file that Traefik would find. NULL
 * after printing the findings to standard error where one of them is an error. */
const struct settings *cmd_settings(struct arena *arena, const struct verb_call *call);

/* Prints findings to standard error. */
void cmd_print_findings(const struct verb_call *call, const struct diag *diag);

enum exit_code verb_agent(const struct verb_call *call);
enum exit_code verb_run(const struct verb_call *call);
enum exit_code verb_compile(const struct verb_call *call);
enum exit_code verb_check(const struct verb_call *call);
enum exit_code verb_explain(const struct verb_call *call);
enum exit_code verb_diff(const struct verb_call *call);
enum exit_code verb_import(const struct verb_call *call);
enum exit_code verb_export(const struct verb_call *call);
enum exit_code verb_schema(const struct verb_call *call);
enum exit_code verb_status(const struct verb_call *call);
enum exit_code verb_confirm(const struct verb_call *call);
enum exit_code verb_pin(const struct verb_call *call);
enum exit_code verb_unpin(const struct verb_call *call);
enum exit_code verb_rollback(const struct verb_call *call);
enum exit_code verb_verify(const struct verb_call *call);
enum exit_code verb_completion(const struct verb_call *call);
enum exit_code verb_man(const struct verb_call *call);
enum exit_code verb_version(const struct verb_call *call);
enum exit_code verb_help(const struct verb_call *call);
