/* Middlewares of paths and redirects. */
#include "route/model_build.h"

struct str text_lower(struct arena *arena, struct str s)
{
    char *p = arena_alloc(arena, s.n, 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_lower(s.p[i]);
    return str_of(p, s.n);
}

const struct regex_program *model_read_regex(struct build *b, struct str pattern, struct str key)
{
    struct regex_fault fault;
    const struct regex_program *program = regex_program_compile(b->arena, pattern, &fault);
    if (program)
        return program;
    struct finding f = { .code = FINDING_BAD_OBJECT, .key = key, .text = str_head(pattern, 100) };
    f.at = fault.at < f.text.n ? fault.at : 0;
    f.length = fault.length < f.text.n - f.at ? fault.length : f.text.n - f.at;
    f.message = str_c(fault.message);
    f.expected = str_c(fault.expected);
    if (fault.too_large)
        f.code = FINDING_NOT_SUPPORTED;
    diag_add(b->diag, f);
    return NULL;
}

bool model_read_add_prefix(struct build *b, const struct add_prefix *source, struct model_op *op, bool *idle)
{
    op->kind = OP_ADD_PREFIX;
    op->prefix = source->prefix.v;
    *idle = false;
    if (op->prefix.n == 0)
        diag_report(b->diag, FINDING_BAD_OBJECT, IS_SET(source->prefix) ? source->prefix.key : source->key,
                    "the prefix of addPrefix is empty");
    return op->prefix.n > 0;
}

bool model_read_strip_regex(struct build *b, const struct strip_prefix_regex *source, struct model_op *op,
                            bool *idle)
{
    const struct regex_program **programs =
        ARENA_ARRAY(b->arena, const struct regex_program *, source->regex.n);
    bool ok = true;
    for (size_t i = 0; i < source->regex.n && ok; i++) {
        programs[i] = model_read_regex(b, str_trim(source->regex.v[i]), source->regex.key);
        ok = programs[i] != NULL;
    }
    op->kind = OP_STRIP_REGEX;
    op->strip_regex = (struct model_strip_regex){ programs, source->regex.n };
    *idle = source->regex.n == 0;
    return ok;
}

bool model_read_replace_path(struct build *b, const struct replace_path *source, struct model_op *op,
                             bool *idle)
{
    (void)b;
    op->kind = OP_REPLACE_PATH;
    op->path = source->path.v;
    *idle = false;
    return true;
}

/* The kind is set: redirects take their texts as they are, replacements trimmed. */
bool model_read_regex_replace(struct build *b, const struct regex_replace *source, struct model_op *op,
                              bool *idle)
{
    bool trimmed = op->kind == OP_REPLACE_REGEX;
    struct str pattern = trimmed ? str_trim(source->regex.v) : source->regex.v;
    struct str with = trimmed ? str_trim(source->replacement.v) : source->replacement.v;
    op->replace.program =
        model_read_regex(b, pattern, IS_SET(source->regex) ? source->regex.key : source->key);
    if (!op->replace.program)
        return false;
    op->replace.pattern = pattern;
    op->replace.with = regex_template_read(b->arena, op->replace.program, with);
    op->replace.permanent = IS_SET(source->permanent) && source->permanent.v;
    *idle = false;
    return true;
}

bool model_read_redirect_scheme(struct build *b, const struct redirect_scheme *source, struct model_op *op,
                                bool *idle)
{
    struct str scheme = source->scheme.v, port = source->port.v;
    bool usual = (str_eq(scheme, STR("http")) && str_eq(port, STR("80"))) ||
                 (str_eq(scheme, STR("https")) && str_eq(port, STR("443")));
    op->kind = OP_REDIRECT_SCHEME;
    op->redirect.scheme = scheme;
    op->redirect.port = port.n && !usual ? arena_printf(b->arena, ":%.*s", STR_ARG(port)) : STR("");
    op->redirect.permanent = IS_SET(source->permanent) && source->permanent.v;
    *idle = false;
    if (scheme.n == 0)
        diag_report(b->diag, FINDING_BAD_OBJECT, IS_SET(source->scheme) ? source->scheme.key : source->key,
                    "redirectScheme has no scheme");
    return scheme.n > 0;
}
