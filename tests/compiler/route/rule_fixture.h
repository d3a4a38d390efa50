/* What the checks of rules share. */
#pragma once

#include <stdlib.h>

#include "base/buf.h"
#include "route/rule.h"
#include "suite.h"

static struct arena *arena;
static struct diag *diag;

static void setup(void)
{
    arena = arena_create();
    diag = diag_create(arena, 0);
}

static void teardown(void)
{
    arena_destroy(arena);
}

static inline void put_node(struct buf *out, const struct rule_node *node);

/* The operands of a chain, however it is balanced. */
static inline void put_operands(struct buf *out, const struct rule_node *node, enum rule_op op)
{
    if (node->op == op) {
        put_operands(out, node->left, op);
        put_operands(out, node->right, op);
    } else {
        buf_putc(out, ' ');
        put_node(out, node);
    }
}

/* As a list with the operator in front: (&& A(x) !B(y,z)). */
static inline void put_node(struct buf *out, const struct rule_node *node)
{
    if (node->op == RULE_CALL) {
        buf_put(out, node->name);
        buf_putc(out, '(');
        for (size_t i = 0; i < node->n_args; i++) {
            buf_puts(out, i ? "," : "");
            buf_put(out, node->args[i]);
        }
        buf_putc(out, ')');
    } else if (node->op == RULE_NOT) {
        buf_putc(out, '!');
        put_node(out, node->left);
    } else {
        buf_puts(out, node->op == RULE_AND ? "(&&" : "(||");
        put_operands(out, node, node->op);
        buf_putc(out, ')');
    }
}

static inline bool has(struct str s, const char *part)
{
    return str_search(s, str_c(part)) != SIZE_MAX;
}

#define KEY STR("traefik/http/routers/r/rule")

/* An exact copy, so that the sanitizer sees a read past the end. */
static inline const struct rule_node *parse_exact(struct str text, struct str *copy)
{
    char *p = arena_alloc(arena, text.n ? text.n : 1, 1);
    char *exact = malloc(text.n ? text.n : 1);
    if (text.n) {
        memcpy(exact, text.p, text.n);
        memcpy(p, text.p, text.n);
    }
    size_t n_findings = diag_total(diag);
    bool parsed = rule_parse(arena, str_of(exact, text.n), KEY, diag) != NULL;
    ck_assert_uint_eq(diag_total(diag) - n_findings, !parsed);
    free(exact);
    struct diag *quiet = diag_create(arena, 1);
    *copy = str_of(p, text.n);
    return rule_parse(arena, *copy, KEY, quiet);
}

/* As run_suite, with an arena and a list of findings for each test. */
static inline int run_rule_suite(const char *name, const struct test_row *rows)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    for (; rows->test; rows++)
        tcase_add_loop_test(tcase, rows->test, 0, rows->loops ? rows->loops : 1);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
