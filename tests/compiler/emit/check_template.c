#include "suite.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emit/template.h"

static const struct template_value inner_a[] = { { .name = "x", .text = { "1", 1 } },
                                                 { .name = "on", .set = true } };
static const struct template_value inner_b[] = { { .name = "x", .text = { "2", 1 } },
                                                 { .name = "on", .set = false } };
static const struct template_scope rows[] = { { .values = inner_a, .n = 2 }, { .values = inner_b, .n = 2 } };
static const struct template_value values[] = {
    { .name = "x", .text = { "outer", 5 } },
    { .name = "empty", .text = { NULL, 0 } },
    { .name = "yes", .set = true },
    { .name = "no", .set = false },
    { .name = "rows", .rows = rows, .n_rows = 2 },
    { .name = "none" },
    { .name = "two-lines", .text = { "a\nb", 3 } },
};
static const struct template_scope scope = { .values = values, .n = sizeof values / sizeof *values };

static const struct {
    const char *text, *want;
} table[] = {
    { "", "" },
    { "plain\n", "plain\n" },
    { "no line end", "no line end\n" },
    { "\n\n", "\n\n" },
    { "  a {{x}} b {{x}}{{empty}}.\n", "  a outer b outer.\n" },
    { "{ single } } { {\n", "{ single } } { {\n" },
    { "# a comment of the configuration\n", "# a comment of the configuration\n" },
    { "## one of ours\nb\n    ## another {{nobody}}\n", "b\n" },
    { "#ifx\n#endless\n", "#ifx\n#endless\n" },
    { "#if yes\na\n#end\n#if no\nb\n#end\nc\n", "a\nc\n" },
    { "#unless yes\na\n#end\n#unless no\nb\n#end\n", "b\n" },
    { "#if yes\n#if no\na\n#end\nb\n#end\n", "b\n" },
    { "#if no\n#if yes\n#each rows\na\n#end\n#end\nb\n#end\nc\n", "c\n" },
    { "  #if yes\n  a\n  #end\n", "  a\n" },
    { "#each rows\n{{x}}\n#end\n{{x}}\n", "1\n2\nouter\n" },
    { "#each rows\n#if on\n{{x}}\n#end\n#end\n", "1\n" },
    { "#each rows\n#each rows\n{{x}}\n#end\n#end\n", "1\n2\n1\n2\n" },
    { "#each none\n{{nobody}}\n#if nobody\n#end\n#end\na\n", "a\n" },
    { "#if no\n{{nobody}}\n{{\n#end\n", "" },
};

START_TEST(a_template_renders_as_it_reads)
{
    struct buf out = { 0 };
    template_render(&out, "test", str_c(table[_i].text), &scope);
    ck_assert_str_eq(out.p ? out.p : "", table[_i].want);
    buf_fini(&out);
}
END_TEST

static const char *const broken[] = {
    "{{nobody}}\n", "{{x\n",        "{{x}\n", "#if nobody\n#end\n",    "#if yes\n",       "#if no\n",
    "#each rows\n", "#each none\n", "#end\n", "#if yes\n#end\n#end\n", "{{two-lines}}\n", "{{}}\n",
    "{{ x }}\n",
};

START_TEST(a_broken_template_stops_the_program)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct buf out = { 0 };
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        template_render(&out, "test", str_c(broken[_i]), &scope);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s", broken[_i]);
}
END_TEST

START_TEST(the_templates_are_embedded)
{
    ck_assert(str_starts(template_load("maitred.lua"), STR("-- ")));
    ck_assert(str_search(template_load("haproxy.cfg"), STR("\nglobal\n")) != SIZE_MAX);
}
END_TEST

int main(void)
{
    const struct test_row suite[] = { { a_template_renders_as_it_reads, ROWS(table) },
                                      { a_broken_template_stops_the_program, ROWS(broken) },
                                      { the_templates_are_embedded, 0 },
                                      { NULL, 0 } };
    return run_suite("template", suite);
}
