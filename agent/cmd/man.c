/* The manual page, from the tables that help and the parser use: deploy/man/maitred.1 is what `maitred man`
 * prints. */
#include "base/finding_help.h"
#include "cmd/cmd.h"

/* Text as roff takes it literally: backslashes and hyphens escaped, no control line by accident. */
static void put_roff(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool begins = i == 0 || s.p[i - 1] == '\n';
        if (begins && (s.p[i] == '.' || s.p[i] == '\''))
            buf_puts(out, "\\&");
        if (s.p[i] == '\\')
            buf_puts(out, "\\e");
        else if (s.p[i] == '-')
            buf_puts(out, "\\-");
        else
            buf_putc(out, s.p[i]);
    }
}

static void put_line(struct buf *out, const char *text)
{
    put_roff(out, str_c(text));
    buf_putc(out, '\n');
}

static void put_option(struct buf *out, const struct verb_option *option)
{
    buf_puts(out, ".TP\n\\fB");
    put_roff(out, str_c(option->name));
    buf_puts(out, "\\fR");
    if (option->value) {
        buf_puts(out, " \\fI");
        put_roff(out, str_c(option->value));
        buf_puts(out, "\\fR");
    }
    buf_putc(out, '\n');
    put_line(out, option->help);
}

static void put_verb(struct buf *out, const struct verb *verb)
{
    buf_printf(out, ".SS \"maitred %s\"\n", verb->name);
    put_line(out, verb->help);
    for (size_t i = 0; i < VERB_MAX_OPTIONS && verb->options[i].name; i++)
        put_option(out, &verb->options[i]);
    if (verb->exit_codes) {
        buf_puts(out, ".PP\nExit codes: ");
        put_line(out, verb->exit_codes);
    }
}

static void put_flags(struct buf *out)
{
    struct buf flags = { 0 };
    settings_print(&flags, false);
    buf_puts(out, ".nf\n");
    put_roff(out, buf_str(&flags));
    buf_puts(out, ".fi\n");
    buf_fini(&flags);
}

static void put_finding(struct buf *out, enum finding_code code)
{
    const struct finding_help *help = finding_help(code);
    buf_printf(out, ".TP\n\\fB");
    put_roff(out, str_c(finding_name(code)));
    buf_printf(out, "\\fR (%s)\n", severity_name(finding_severity(code)));
    put_roff(out, str_c(finding_meaning(code)));
    buf_puts(out, ".\n");
    if (help)
        put_line(out, help->advice);
}

enum exit_code verb_man(const struct verb_call *call)
{
    (void)call;
    struct buf out = { 0 };
    buf_printf(&out, ".TH MAITRED 1 \"\" \"maitred %s\"\n", MAITRED_VERSION);
    buf_puts(
        &out,
        ".SH NAME\nmaitred \\- Traefik's route tree in etcd, served by HAProxy\n"
        ".SH SYNOPSIS\n\\fBmaitred\\fR \\fIVERB\\fR [\\fIOPTIONS\\fR] [\\fISTATIC FLAGS\\fR]\n"
        ".SH DESCRIPTION\n"
        "Watches a route tree in etcd, compiles it to HAProxy, and keeps a running HAProxy equal to that "
        "tree. The same\n"
        "compiler runs offline, to check a tree, to compare two, and to render what HAProxy would be given.\n"
        ".SH VERBS\n");
    for (const struct verb *verb = verbs; verb->name; verb++)
        put_verb(&out, verb);
    buf_puts(&out, ".SH OPTIONS OF ALL VERBS\n");
    for (size_t i = 0; i < COMMON_OPTIONS; i++)
        put_option(&out, &common_options[i]);
    buf_puts(&out, ".SH EXIT STATUS\n0: done and clean. 1: findings or differences. 2: it could not be "
                   "done.\n.SH FINDINGS\n");
    for (int code = 0; code < FINDING_COUNT; code++)
        put_finding(&out, (enum finding_code)code);
    buf_puts(&out, ".SH STATIC FLAGS\n");
    put_flags(&out);
    fputs(out.p, stdout);
    buf_fini(&out);
    return EXIT_CLEAN;
}
