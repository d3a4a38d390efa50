/* A rule's text to its disjunctive normal form. */
#pragma once

#include "rule_fixture.h"

/* The findings of the check are not of interest here. */
static inline const struct rule_node *check_quietly(const struct rule_node *rule, enum rule_syntax syntax,
                                                    struct str text)
{
    const struct rule_node *checked =
        rule_check(arena, arena, rule, syntax, text, KEY, diag_create(arena, 0));
    ck_assert_msg(checked != NULL, "%.*s", STR_ARG(text));
    return checked;
}

static inline bool normalise_as(enum rule_syntax syntax, struct str rule_text, struct rule_dnf *out)
{
    struct str text;
    const struct rule_node *rule = parse_exact(rule_text, &text);
    ck_assert_msg(rule != NULL, "%.*s", STR_ARG(rule_text));
    return rule_normalise(arena, check_quietly(rule, syntax, text), text, KEY, out, diag);
}

static inline bool normalise(struct str rule_text, struct rule_dnf *out)
{
    return normalise_as(RULE_V3, rule_text, out);
}
