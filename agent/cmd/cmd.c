#include "cmd/cmd.h"

#include <stdlib.h>
#include <unistd.h>

static struct str nearest_verb(const char *name)
{
    struct str names[32];
    size_t n = 0;
    for (const struct verb *verb = verbs; verb->name && n < 32; verb++)
        names[n++] = str_c(verb->name);
    return nearest_name(str_c(name), names, n);
}

const char *verb_value(const struct verb_call *call, const char *option)
{
    for (size_t i = 0; i < VERB_MAX_OPTIONS && call->verb->options[i].name; i++)
        if (strcmp(call->verb->options[i].name, option) == 0)
            return call->values[i];
    for (size_t i = 0; i < COMMON_OPTIONS; i++)
        if (strcmp(common_options[i].name, option) == 0)
            return call->common[i];
    return NULL;
}

bool cmd_wants_json(const struct verb_call *call)
{
    const char *format = verb_value(call, "--format");
    return format && strcmp(format, "json") == 0;
}

bool cmd_colour(const struct verb_call *call, FILE *stream)
{
    const char *when = verb_value(call, "--color"), *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (when && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    return !(refused && *refused) && !(terminal && strcmp(terminal, "dumb") == 0) && isatty(fileno(stream));
}

void cmd_print_findings(const struct verb_call *call, const struct diag *diag)
{
    struct buf out = { 0 };
    diag_print(&out, diag, cmd_colour(call, stderr));
    if (out.n)
        fputs(out.p, stderr);
    buf_fini(&out);
}

/* The row of the option that a word is ("--from", "--from=x"), or NULL; *value is what stands behind '='. */
static const struct verb_option *option_row(const struct verb_option *options, size_t n, const char *word,
                                            const char **value)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    for (size_t i = 0; i < n && options[i].name; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, word, length) == 0) {
            *value = equals ? equals + 1 : NULL;
            return &options[i];
        }
    return NULL;
}

/* Whether a value is one of "a|b|c"; where there is no '|', any will do. */
static bool is_choice(const char *choices, const char *value)
{
    struct str rest = str_c(choices);
    if (!strchr(choices, '|'))
        return true;
    while (rest.p)
        if (str_eq(str_cut(&rest, '|'), str_c(value)))
            return true;
    return false;
}

/* The value of an option from behind its '=' or from the next word. NULL after saying what is wrong. */
static const char *take_value(const struct verb_call *call, const struct verb_option *option,
                              const char *value, int argc, char **argv, int *i)
{
    if (!option->value && !value)
        return "";
    if (option->value && !value && *i + 1 < argc)
        value = argv[++*i];
    if (option->value && value && is_choice(option->value, value))
        return value;
    if (!option->value)
        fprintf(stderr, "maitred %s: %s takes no value\n", call->verb->name, option->name);
    else if (!value)
        fprintf(stderr, "maitred %s: %s needs a value (%s)\n", call->verb->name, option->name, option->value);
    else
        fprintf(stderr, "maitred %s: %s is %s, not '%s'\n", call->verb->name, option->name, option->value,
                value);
    return NULL;
}

static bool split_words(struct verb_call *call, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *value = NULL, **to;
        const struct verb_option *option = option_row(call->verb->options, VERB_MAX_OPTIONS, argv[i], &value);
        if (option) {
            to = &call->values[option - call->verb->options];
        } else if ((option = option_row(common_options, COMMON_OPTIONS, argv[i], &value))) {
            to = &call->common[option - common_options];
        } else {
            call->flags[call->n_flags++] = argv[i];
            continue;
        }
        *to = take_value(call, option, value, argc, argv, &i);
        if (!*to)
            return false;
    }
    return true;
}

/* Verbs without static flags take one word at most: a topic, a shell. */
static bool takes_words(const struct verb_call *call)
{
    const char *word = call->n_flags ? call->flags[call->n_flags - 1] : NULL;
    if (!call->verb->no_flags || !word || (call->n_flags == 1 && word[0] != '-'))
        return true;
    fprintf(stderr, "maitred %s: what is '%s'? See maitred help %s\n", call->verb->name, word,
            call->verb->name);
    return false;
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
        fprintf(stderr, "maitred: no verb '%s'%s%.*s; see maitred --help\n", argv[1],
                near.n ? ", did you mean " : "", STR_ARG(near));
        return EXIT_UNABLE;
    }
    if (asks_for_help(argc - 2, argv + 2)) {
        cmd_help(verb);
        return EXIT_CLEAN;
    }
    struct verb_call call = { .verb = verb, .flags = xmalloc((size_t)argc * sizeof *call.flags) };
    int status =
        split_words(&call, argc - 2, argv + 2) && takes_words(&call) ? (int)verb->run(&call) : EXIT_UNABLE;
    free(call.flags);
    return status;
}
