/* Conjuncts of rules as they are written. */
#pragma once

#include "plan/conjunct.h"
#include "suite.h"

/* The only conjunct of a rule. */
static inline const struct rule_conjunct *conjunct_of(struct arena *arena, const char *rule)
{
    struct diag *diag = diag_create(arena, 0);
    struct str text = str_c(rule), key = STR("key");
    struct rule_dnf dnf;
    const struct rule_node *parsed = rule_parse(arena, text, key, diag);
    ck_assert_msg(parsed != NULL, "%s", rule);
    const struct rule_node *checked = rule_check(arena, arena, parsed, RULE_V3, text, key, diag);
    ck_assert_msg(checked != NULL, "%s", rule);
    ck_assert_msg(rule_normalise(arena, checked, text, key, &dnf, diag) && dnf.n == 1, "%s", rule);
    return dnf.conjuncts;
}
