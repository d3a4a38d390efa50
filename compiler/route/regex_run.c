#include "route/regex_run.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* As HAProxy has it, which leaves PCRE2's default. */
enum { MATCH_LIMIT = 10000000 };

#define FIELD_START "(?<=\\n>)"

struct regex_run {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static pcre2_code *compile(const struct regex *re)
{
    struct buf text = { 0 };
    int error = 0;
    PCRE2_SIZE at = 0;
    buf_puts(&text, "^\\n>(?:");
    regex_put(&text, re, FIELD_START);
    buf_puts(&text, ")");
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.p, text.n, PCRE2_NO_AUTO_CAPTURE, &error, &at, NULL);
    buf_fini(&text);
    return code;
}

size_t regex_compiled_size(const struct regex *re)
{
    pcre2_code *code = compile(re);
    size_t size = 0;
    if (code)
        pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
    pcre2_code_free(code);
    return size;
}

struct regex_run *regex_run_create(const struct regex *re)
{
    struct regex_run *run = xmalloc(sizeof *run);
    run->code = compile(re);
    if (!run->code)
        abort();
    run->data = pcre2_match_data_create(1, NULL);
    run->context = pcre2_match_context_create(NULL);
    if (!run->data || !run->context)
        abort();
    pcre2_set_match_limit(run->context, MATCH_LIMIT);
    pcre2_jit_compile(run->code, PCRE2_JIT_COMPLETE); /* without: slower */
    return run;
}

void regex_run_destroy(struct regex_run *run)
{
    if (!run)
        return;
    pcre2_match_context_free(run->context);
    pcre2_match_data_free(run->data);
    pcre2_code_free(run->code);
    free(run);
}

bool regex_run_match(const struct regex_run *run, struct str value)
{
    struct buf line = { 0 };
    buf_puts(&line, "\n>");
    regex_field_put(&line, value);
    buf_putc(&line, '\n');
    int found = pcre2_match(run->code, (PCRE2_SPTR)line.p, line.n, 0, 0, run->data, run->context);
    buf_fini(&line);
    return found >= 0;
}

bool regex_match(const struct regex *re, struct str value)
{
    struct regex_run *run = regex_run_create(re);
    bool matches = regex_run_match(run, value);
    regex_run_destroy(run);
    return matches;
}
