#include "base/finding_help.h"
#include "cmd/cmd.h"
#include "sys/crash.h"

static const char usual_exit_codes[] = "0 done and clean, 1 findings, 2 it could not be done";

static void print_option(const struct verb_option *option)
{
    char words[64];
    snprintf(words, sizeof words, "%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    printf("      %-28s %s\n", words, option->help);
}

static void print_verb(const struct verb *verb)
{
    printf("  %-10s %s\n", verb->name, verb->help);
    for (size_t i = 0; i < VERB_MAX_OPTIONS && verb->options[i].name; i++)
        print_option(&verb->options[i]);
    for (size_t i = 0; i < COMMON_OPTIONS; i++)
        print_option(&common_options[i]);
    printf("      exit codes: %s\n", verb->exit_codes ? verb->exit_codes : usual_exit_codes);
}

void cmd_help(const struct verb *only)
{
    if (only) {
        print_verb(only);
        return;
    }
    printf("maitred %s: Traefik's route tree in etcd, served by HAProxy\n\n"
           "usage: maitred VERB [OPTIONS] [STATIC FLAGS]\n\n",
           MAITRED_VERSION);
    for (const struct verb *verb = verbs; verb->name; verb++)
        printf("  %-10s %s\n", verb->name, verb->help);
    printf("\nStatic flags are Traefik's (--entrypoints.web.address=:80, --providers.etcd.endpoints=…) and "
           "maitred's own\n"
           "(--haproxy.*, --agent.*, --state.dir): `maitred help flags` lists them, `maitred help VERB` the "
           "options of a\n"
           "verb, `maitred help CODE` says what a finding means, `maitred help codes` lists those. Exit "
           "codes: 0 clean,\n"
           "1 findings or differences, 2 could not do what was asked.\n");
}

static void print_codes(void)
{
    for (int code = 0; code < FINDING_COUNT; code++)
        printf("  %-20s %-8s %s\n", finding_name((enum finding_code)code),
               severity_name(finding_severity((enum finding_code)code)),
               finding_meaning((enum finding_code)code));
}

/* What the topic is about, to `out`; false where nothing is. */
static bool put_topic(struct buf *out, const char *topic)
{
    enum finding_code code = finding_by_name(str_c(topic));
    if (code != FINDING_COUNT)
        finding_explain(out, code);
    else if (strcmp(topic, "flags") == 0)
        settings_print(out, false);
    else if (strcmp(topic, "crash-points") == 0) /* for tests: see sys/crash.h */
        crash_print(out);
    return out->n > 0;
}

enum exit_code verb_help(const struct verb_call *call)
{
    const char *topic = call->n_flags ? call->flags[0] : "";
    struct buf out = { 0 };
    enum exit_code status = EXIT_CLEAN;
    if (*topic == '\0' || verb_find(topic)) {
        cmd_help(*topic ? verb_find(topic) : NULL);
    } else if (strcmp(topic, "codes") == 0) {
        print_codes();
    } else if (put_topic(&out, topic)) {
        fputs(out.p, stdout);
    } else {
        fprintf(stderr, "maitred: no help for '%s': a verb, flags, codes, or the code of a finding\n", topic);
        status = EXIT_UNABLE;
    }
    buf_fini(&out);
    return status;
}

enum exit_code verb_version(const struct verb_call *call)
{
    (void)call;
    printf("maitred %s\n", MAITRED_VERSION);
    return EXIT_CLEAN;
}
