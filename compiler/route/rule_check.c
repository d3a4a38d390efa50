#include "route/matcher.h"

#include <stdio.h>

#include "route/rule_finding.h"

/* Findings of one rule: what is all wrong says so often enough, and is looked at no further. */
enum { MAX_FINDINGS = 8 };

struct check {
    struct str text, key;
    struct diag *diag;
    size_t n_findings;
    bool ok;
};

static void report(struct check *c, enum finding_code code, const struct rule_node *call, const char *message,
                   struct str expected, struct str nearest)
{
    if (++c->n_findings > MAX_FINDINGS)
        return;
    struct finding f = rule_finding(code, c->key, c->text, call->at, call->length);
    f.message = str_c(message);
    f.expected = expected;
    f.nearest = nearest;
    diag_add(c->diag, f);
}

static void refuse(struct check *c, enum finding_code code, const struct rule_node *call, const char *message,
                   const char *expected)
{
    c->ok = false;
    report(c, code, call, message, str_c(expected), (struct str){ 0 });
}

static void refuse_unknown(struct check *c, const struct rule_node *call)
{
    struct str names[MATCHER_COUNT];
    for (size_t i = 0; i < MATCHER_COUNT; i++)
        names[i] = matcher_row((enum matcher)i)->name;
    char message[160];
    const char *elsewhere = matcher_elsewhere(call->name);
    struct str name = str_head(call->name, 60), nearest = { 0 };
    if (!elsewhere)
        nearest = nearest_name(call->name, names, MATCHER_COUNT);
    bool case_only = nearest.n && str_eq_nocase(nearest, call->name);
    snprintf(message, sizeof message, "%.*s %s", STR_ARG(name),
             elsewhere   ? elsewhere
             : case_only ? "is no spelling of a matcher"
                         : "is no matcher");
    c->ok = false;
    report(c, FINDING_RULE_MATCHER, call, message, (struct str){ 0 }, nearest);
}

/* Number and form of the arguments. */
static bool check_args(struct check *c, const struct rule_node *call, enum matcher matcher)
{
    const struct matcher_row *row = matcher_row(matcher);
    char message[160];
    if (call->n_args < row->min_args || call->n_args > row->max_args) {
        snprintf(message, sizeof message, "%s takes %s, not %zu", row->name.p,
                 row->max_args == 1   ? "one argument"
                 : row->min_args == 1 ? "one or two arguments"
                                      : "two arguments",
                 call->n_args);
        bool list = row->max_args == 1 && call->n_args > 1;
        snprintf(message + strlen(message), sizeof message - strlen(message), "%s",
                 list ? "; alternatives are joined with ||" : "");
        refuse(c, FINDING_RULE_MATCHER, call, message, row->usage);
        return false;
    }
    for (size_t i = 0; i < call->n_args; i++)
        if (call->args[i].n == 0) {
            refuse(c, FINDING_RULE_MATCHER, call, "an argument is empty", row->usage);
            return false;
        }
    const char *fault = matcher_args_fault(matcher, call->args);
    if (fault)
        refuse(c, FINDING_RULE_MATCHER, call, fault, row->usage);
    return fault == NULL;
}

/* What Traefik takes but no later stage does yet: the one place that knows. */
static bool check_support(struct check *c, const struct rule_node *call, enum matcher matcher, bool negated,
                          enum matcher_reach reach)
{
    char message[80];
    if (!matcher_row(matcher)->compiled)
        snprintf(message, sizeof message, "the matcher %s is not supported yet", matcher_name(matcher));
    else if (negated)
        snprintf(message, sizeof message, "the negation of %s is not supported yet", matcher_name(matcher));
    else if (reach == REACH_WILDCARD)
        snprintf(message, sizeof message, "wildcards in Host are not supported yet");
    else
        return true;
    refuse(c, FINDING_NOT_SUPPORTED, call, message, NULL);
    return false;
}

static void check_call(struct check *c, const struct rule_node *call, bool negated)
{
    if (!c->ok && c->n_findings >= MAX_FINDINGS)
        return;
    enum matcher matcher = matcher_by_name(call->name);
    if (matcher == MATCHER_COUNT) {
        refuse_unknown(c, call);
        return;
    }
    if (!check_args(c, call, matcher))
        return;
    const char *why = NULL;
    enum matcher_reach reach = matcher_reach(matcher, call->args, &why);
    if (check_support(c, call, matcher, negated, reach) && reach == REACH_NONE) {
        char message[160];
        snprintf(message, sizeof message, "this %s never matches: %s", matcher_name(matcher), why);
        report(c, FINDING_RULE_NEVER, call, message, (struct str){ 0 }, (struct str){ 0 });
    }
}

/* The depth of a rule's tree is bounded: rule.h. */
static void check_node(struct check *c, const struct rule_node *node, bool negated)
{
    if (node->op == RULE_CALL) {
        check_call(c, node, negated);
        return;
    }
    check_node(c, node->left, negated != (node->op == RULE_NOT));
    if (node->right)
        check_node(c, node->right, negated);
}

bool rule_check(const struct rule_node *rule, struct str text, struct str key, struct diag *diag)
{
    struct check c = { .text = text, .key = key, .diag = diag, .ok = true };
    check_node(&c, rule, false);
    return c.ok;
}
