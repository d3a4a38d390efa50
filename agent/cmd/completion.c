/* Scripts that make a shell complete verbs, options and their values, static flags and topics of help. */
#include "base/finding_help.h"
#include "cmd/cmd.h"
#include "route/settings.h"

/* "verb verb …" */
static void put_verbs(struct buf *out)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        buf_printf(out, "%s%s", verb == verbs ? "" : " ", verb->name);
}

static void put_codes(struct buf *out)
{
    for (int code = 0; code < FINDING_COUNT; code++)
        buf_printf(out, " %s", finding_name((enum finding_code)code));
}

/* " --entrypoints. …": all static flags, as far as the user's names reach ("--entrypoints."). */
static void put_flags(struct buf *out)
{
    struct buf text = { 0 };
    settings_names(&text);
    struct str rest = buf_str(&text);
    while (rest.n) {
        struct str name = str_cut(&rest, '\n');
        buf_printf(out, " --%.*s", STR_ARG(name));
    }
    buf_fini(&text);
}

/* " a b c" of "a|b|c"; nothing where any value will do. */
static void put_choices(struct buf *out, const char *value)
{
    for (const char *p = value; p && strchr(value, '|') && *p; p++)
        buf_putc(out, *p == '|' ? ' ' : *p);
}

static void put_bash(struct buf *out)
{
    buf_puts(out, "# bash completion of maitred: `maitred completion bash > "
                  "/usr/share/bash-completion/completions/maitred`\n"
                  "_maitred() {\n"
                  "    local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" "
                  "verb=\"${COMP_WORDS[1]}\"\n"
                  "    local words=\"\"\n    local flags=\"");
    put_flags(out);
    buf_puts(out, "\"\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \"");
    put_verbs(out);
    buf_puts(out, "\" -- \"$word\"))\n        return\n    fi\n    case \"$verb $before\" in\n");
    for (const struct verb *verb = verbs; verb->name; verb++)
        for (size_t i = 0; i < VERB_MAX_OPTIONS && verb->options[i].name; i++) {
            if (!verb->options[i].value)
                continue;
            buf_printf(out, "    \"%s %s\") COMPREPLY=($(compgen -W \"", verb->name, verb->options[i].name);
            put_choices(out, verb->options[i].value);
            buf_printf(out, "\" %s-- \"$word\")); return ;;\n",
                       strchr(verb->options[i].value, '|') ? "" : "-f ");
        }
    for (size_t i = 0; i < COMMON_OPTIONS; i++) {
        buf_printf(out, "    *\" %s\") COMPREPLY=($(compgen -W \"", common_options[i].name);
        put_choices(out, common_options[i].value);
        buf_puts(out, "\" -- \"$word\")); return ;;\n");
    }
    buf_puts(out, "    esac\n    case \"$verb\" in\n");
    for (const struct verb *verb = verbs; verb->name; verb++) {
        buf_printf(out, "    %s) words=\"", verb->name);
        for (size_t i = 0; i < VERB_MAX_OPTIONS && verb->options[i].name; i++)
            buf_printf(out, "%s ", verb->options[i].name);
        if (strcmp(verb->name, "help") == 0) {
            put_verbs(out);
            buf_puts(out, " flags codes");
            put_codes(out);
        } else if (strcmp(verb->name, "completion") == 0) {
            buf_puts(out, "bash zsh fish");
        }
        buf_printf(out, "\"%s ;;\n", verb->no_flags ? "" : "; words=\"$words$flags\"");
    }
    buf_puts(out, "    esac\n    COMPREPLY=($(compgen -W \"$words");
    for (size_t i = 0; i < COMMON_OPTIONS; i++)
        buf_printf(out, " %s", common_options[i].name);
    buf_puts(out, "\" -- \"$word\"))\n}\ncomplete -o default -F _maitred maitred\n");
}

/* zsh reads bash's with its own emulation of compgen. */
static void put_zsh(struct buf *out)
{
    buf_puts(out,
             "#compdef maitred\n# zsh completion of maitred: put it into a folder of $fpath as _maitred\n"
             "autoload -U +X bashcompinit && bashcompinit\n");
    put_bash(out);
}

/* In single quotes of fish. */
static void put_fish_text(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text; text++)
        buf_printf(out, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    buf_putc(out, '\'');
}

static void put_fish_option(struct buf *out, const char *condition, const struct verb_option *option)
{
    buf_printf(out, "complete -c maitred -n %s -l %s", condition, option->name + 2);
    if (option->value && strchr(option->value, '|')) {
        buf_puts(out, " -x -a '");
        put_choices(out, option->value);
        buf_putc(out, '\'');
    } else if (option->value) {
        buf_puts(out, " -r -F");
    }
    buf_puts(out, " -d ");
    put_fish_text(out, option->help);
    buf_putc(out, '\n');
}

static void put_fish(struct buf *out)
{
    buf_puts(
        out,
        "# fish completion of maitred: `maitred completion fish > ~/.config/fish/completions/maitred.fish`\n"
        "complete -c maitred -f\n");
    for (const struct verb *verb = verbs; verb->name; verb++) {
        char condition[64];
        snprintf(condition, sizeof condition, "'__fish_seen_subcommand_from %s'", verb->name);
        buf_printf(out, "complete -c maitred -n __fish_use_subcommand -a %s -d ", verb->name);
        put_fish_text(out, verb->help);
        buf_putc(out, '\n');
        for (size_t i = 0; i < VERB_MAX_OPTIONS && verb->options[i].name; i++)
            put_fish_option(out, condition, &verb->options[i]);
        for (size_t i = 0; i < COMMON_OPTIONS; i++)
            put_fish_option(out, condition, &common_options[i]);
    }
    buf_puts(out, "complete -c maitred -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n"
                  "complete -c maitred -n '__fish_seen_subcommand_from help' -a 'flags codes");
    put_codes(out);
    buf_puts(out, "'\ncomplete -c maitred -n 'not __fish_seen_subcommand_from help completion schema man "
                  "version' -a '");
    put_flags(out);
    buf_puts(out, "'\n");
}

enum exit_code verb_completion(const struct verb_call *call)
{
    const char *shell = call->n_flags ? call->flags[0] : "";
    struct buf out = { 0 };
    if (strcmp(shell, "bash") == 0)
        put_bash(&out);
    else if (strcmp(shell, "zsh") == 0)
        put_zsh(&out);
    else if (strcmp(shell, "fish") == 0)
        put_fish(&out);
    else
        fprintf(stderr, "maitred completion: for which shell? bash, zsh or fish\n");
    if (out.n)
        fputs(out.p, stdout);
    enum exit_code status = out.n ? EXIT_CLEAN : EXIT_UNABLE;
    buf_fini(&out);
    return status;
}
