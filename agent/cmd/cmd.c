#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct verb verbs[] = {
    { "run", "the daemon: watch, compile, push, agent", verb_run, { { 0 } } },
    { "compile",
      "render every artifact of a tree into a folder",
      verb_compile,
      { { "--from", "SRC", "a tree: a Traefik file (YAML, JSON), an etcdctl dump, a folder of keys, or -" },
        { "--out", "DIR", "where the artifacts go" },
        { "--format", "text|json", "of the findings" } } },
    { "check",
      "say what is wrong with a tree",
      verb_check,
      { { "--from", "SRC", "a tree: a Traefik file (YAML, JSON), an etcdctl dump, a folder of keys, or -" },
        { "--format", "text|json", "of the findings" } } },
    { "status",
      "of a running daemon: revision seen and served, reloads, findings",
      verb_status,
      { { "--json", NULL, "everything, as JSON" } } },
    { "confirm", "of a running daemon: serve what the guard holds", verb_confirm, { { 0 } } },
    { "pin", "of a running daemon: serve an older revision of etcd (pin REV) until unpin", verb_pin, { { 0 } } },
    { "unpin", "of a running daemon: serve the newest revision again", verb_unpin, { { 0 } } },
    { "rollback", "of a running daemon: pin what was served before, or a revision (rollback [REV])", verb_rollback, { { 0 } } },
    { "verify", "of a running daemon: compare all that HAProxy has with the tree, and mend it", verb_verify, { { 0 } } },
    { "version", "which maitred this is", verb_version, { { 0 } } },
    { "help", "this text, a verb's options, or the meaning of a finding's code", verb_help, { { 0 } } },
    { 0 },
};

static const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

static struct str nearest_verb(const char *name)
{
    struct str names[16];
    size_t n = 0;
    for (const struct verb *verb = verbs; verb->name; verb++)
        names[n++] = str_c(verb->name);
    return nearest_name(str_c(name), names, n);
}

void cmd_help(const struct verb *only)
{
    if (!only)
        printf("maitred %s: Traefik's route tree in etcd, served by HAProxy\n\n"
               "usage: maitred VERB [OPTIONS] [STATIC FLAGS]\n\n", MAITRED_VERSION);
    for (const struct verb *verb = only ? only : verbs; verb->name; verb++) {
        printf("  %-9s %s\n", verb->name, verb->help);
        for (size_t i = 0; only && i < VERB_MAX_OPTIONS && verb->options[i].name; i++) {
            const struct verb_option *option = &verb->options[i];
            char words[64];
            snprintf(words, sizeof words, "%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
            printf("      %-20s %s\n", words, option->help);
        }
        if (only)
            break;
    }
    if (!only)
        printf("\nStatic flags are Traefik's (--entrypoints.web.address=:80, --providers.etcd.endpoints=…) and maitred's own\n"
               "(--haproxy.*, --agent.*, --state.dir): `maitred help flags` lists them. Exit codes: 0 clean, 1 findings or\n"
               "could not start, 2 could not do what was asked.\n");
}

enum exit_code verb_help(const struct verb_call *call)
{
    const char *topic = call->n_flags ? call->flags[0] : "";
    enum finding_code code = finding_by_name(str_c(topic));
    struct buf out = { 0 };
    if (*topic == '\0') {
        cmd_help(NULL);
    } else if (verb_find(topic)) {
        cmd_help(verb_find(topic));
    } else if (code != FINDING_COUNT) {
        printf("%s: %s\n", topic, finding_meaning(code));
    } else if (strcmp(topic, "flags") == 0) {
        settings_print(&out, false);
        fputs(out.p, stdout);
    } else {
        fprintf(stderr, "maitred: no help for '%s'\n", topic);
        return EXIT_UNABLE;
    }
    buf_fini(&out);
    return EXIT_CLEAN;
}

enum exit_code verb_version(const struct verb_call *call)
{
    (void)call;
    printf("maitred %s\n", MAITRED_VERSION);
    return EXIT_CLEAN;
}

const char *verb_value(const struct verb_call *call, const char *option)
{
    for (size_t i = 0; i < VERB_MAX_OPTIONS && call->verb->options[i].name; i++)
        if (strcmp(call->verb->options[i].name, option) == 0)
            return call->values[i];
    return NULL;
}

void cmd_print_findings(const struct diag *diag)
{
    struct buf out = { 0 };
    diag_print(&out, diag, isatty(STDERR_FILENO));
    if (out.n)
        fputs(out.p, stderr);
    buf_fini(&out);
}

/* The row of the option that a word is ("--from", "--from=x"), or VERB_MAX_OPTIONS; *value is what stands behind '='. */
static size_t option_row(const struct verb *verb, const char *word, const char **value)
{
    const char *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    for (size_t i = 0; i < VERB_MAX_OPTIONS && verb->options[i].name; i++)
        if (strlen(verb->options[i].name) == n && strncmp(verb->options[i].name, word, n) == 0) {
            *value = equals ? equals + 1 : NULL;
            return i;
        }
    return VERB_MAX_OPTIONS;
}

static bool split_words(struct verb_call *call, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *value;
        size_t row = option_row(call->verb, argv[i], &value);
        if (row == VERB_MAX_OPTIONS) {
            call->flags[call->n_flags++] = argv[i];
            continue;
        }
        if (!call->verb->options[row].value)
            value = "";
        else if (!value && i + 1 < argc)
            value = argv[++i];
        if (!value) {
            fprintf(stderr, "maitred %s: %s needs a value (%s)\n", call->verb->name, argv[i],
                    call->verb->options[row].value);
            return false;
        }
        call->values[row] = value;
    }
    return true;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int cmd_main(int argc, char **argv)
{
    const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cmd_help(NULL);
        return argc < 2 ? EXIT_UNABLE : EXIT_CLEAN;
    }
    if (!verb) {
        struct str near = nearest_verb(argv[1]);
        fprintf(stderr, "maitred: no verb '%s'%s%.*s; see maitred --help\n", argv[1], near.n ? ", did you mean " : "",
                STR_ARG(near));
        return EXIT_UNABLE;
    }
    if (asks_for_help(argc - 2, argv + 2)) {
        cmd_help(verb);
        return EXIT_CLEAN;
    }
    struct verb_call call = { .verb = verb, .flags = xmalloc((size_t)argc * sizeof *call.flags) };
    int status = split_words(&call, argc - 2, argv + 2) ? (int)verb->run(&call) : EXIT_UNABLE;
    free(call.flags);
    return status;
}
