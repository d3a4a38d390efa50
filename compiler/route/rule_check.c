/* Calls of rules: what is wrong with them, and what they mean. */
#include "route/matcher.h"

#include <stdio.h>

#include "base/vec.h"
#include "route/rule_finding.h"

/* Errors of one rule, and warnings: what is all wrong says so often enough, and is looked at no further. */
enum { MAX_FINDINGS = 8 };

struct check {
    struct arena *arena, *trees;
    enum rule_syntax syntax;
    struct str text, key;
    struct diag *diag;
    size_t n_errors, n_warnings, n_calls;
};

static void report(struct check *c, enum finding_code code, size_t at, size_t length, const char *message,
                   struct str expected, struct str nearest)
{
    struct finding f = rule_finding(code, c->key, c->text, at, length);
    f.message = str_c(message);
    f.expected = expected;
    f.nearest = nearest;
    diag_add(c->diag, f);
}

static void warn(struct check *c, enum finding_code code, const struct rule_node *call, const char *format,
                 const char *what, const char *why)
{
    char message[240];
    if (++c->n_warnings > MAX_FINDINGS)
        return;
    snprintf(message, sizeof message, format, what, why);
    report(c, code, call->at, call->length, message, (struct str){ 0 }, (struct str){ 0 });
}

static const struct rule_node *refuse(struct check *c, enum finding_code code, const struct rule_node *call,
                                      const char *message, const char *expected)
{
    c->n_errors++;
    report(c, code, call->at, call->length, message, str_c(expected), (struct str){ 0 });
    return NULL;
}

static void refuse_unknown(struct check *c, const struct rule_node *call)
{
    struct str names[MATCHER_COUNT];
    size_t n = 0;
    if (c->syntax == RULE_V2)
        for (; v2_name(n); n++)
            names[n] = str_c(v2_name(n));
    else
        for (size_t i = 0; i < MATCHER_COUNT; i++)
            if (matcher_row((enum matcher)i)->name.n)
                names[n++] = matcher_row((enum matcher)i)->name;
    char message[160];
    const char *elsewhere = matcher_elsewhere(call->name);
    struct str name = str_head(call->name, 60), nearest = { 0 };
    if (c->syntax == RULE_V2)
        elsewhere = matcher_by_name(call->name) < MATCHER_COUNT ? "is a matcher of the v3 syntax" : NULL;
    if (!elsewhere)
        nearest = nearest_name(call->name, names, n);
    bool case_only = nearest.n && str_eq_nocase(nearest, call->name);
    snprintf(message, sizeof message, "%.*s %s", STR_ARG(name),
             elsewhere   ? elsewhere
             : case_only ? "is no spelling of a matcher"
                         : "is no matcher");
    c->n_errors++;
    report(c, FINDING_RULE_MATCHER, call->at, call->length, message, (struct str){ 0 }, nearest);
}

static bool check_empty(struct check *c, const struct rule_node *call, const char *usage)
{
    for (size_t i = 0; i < call->n_args; i++)
        if (call->args[i].n == 0) {
            refuse(c, FINDING_RULE_MATCHER, call, "an argument is empty", usage);
            return false;
        }
    return true;
}

/* The number of the arguments, and that none is empty. */
static bool check_args(struct check *c, const struct rule_node *call, enum matcher matcher)
{
    const struct matcher_row *row = matcher_row(matcher);
    char message[160];
    if (call->n_args >= row->min_args && call->n_args <= row->max_args)
        return check_empty(c, call, row->usage);
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

/* A pattern that stands in the text as it is can be marked in it. */
static void refuse_pattern(struct check *c, const struct rule_node *call, const struct meaning *m)
{
    size_t at = call->at, length = call->length;
    uintptr_t from = (uintptr_t)m->pattern.p, text = (uintptr_t)c->text.p;
    if (m->pattern.n && from >= text && from + m->pattern.n <= text + c->text.n) {
        at = (size_t)(from - text) + m->regex.at;
        length = m->regex.length ? m->regex.length : 1;
    }
    c->n_errors++;
    report(c, FINDING_RULE_REGEX, at, length, m->regex.message, str_c(m->regex.expected), (struct str){ 0 });
}

/* One meaning as a call; NULL where it is none. */
static struct rule_node *resolve(struct check *c, const struct rule_node *call, const struct meaning *m,
                                 const char *name, const char *usage)
{
    if (m->regex.message)
        refuse_pattern(c, call, m);
    else if (m->fault)
        refuse(c, FINDING_RULE_MATCHER, call, m->fault, m->expected ? m->expected : usage);
    if (m->fault)
        return NULL;
    if (m->why)
        warn(c, FINDING_RULE_NEVER, call,
             m->reach == REACH_NONE ? "this %s never matches: %s" : "this %s matches next to nothing: %s",
             name, m->why);
    if (m->literal.regex && regex_may_explode(m->literal.regex))
        warn(c, FINDING_REGEX_BACKTRACK, call, "%s: %s", name,
             "repetitions in or beside each other can take the same text in many ways");
    struct rule_node *node = ARENA_NEW(c->trees, struct rule_node);
    *node = (struct rule_node){ .op = RULE_CALL, .at = call->at, .length = call->length };
    node->constant = m->reach == REACH_ALL;
    node->index = c->n_calls++;
    if (m->reach == REACH_SOME) {
        struct rule_literal *literal = ARENA_NEW(c->arena, struct rule_literal);
        *literal = m->literal;
        node->literal = literal;
    }
    return node;
}

static const struct rule_node *resolve_v3(struct check *c, const struct rule_node *call)
{
    enum matcher matcher = matcher_by_name(call->name);
    if (matcher == MATCHER_COUNT) {
        refuse_unknown(c, call);
        return NULL;
    }
    if (!check_args(c, call, matcher))
        return NULL;
    struct meaning m = meaning_of(c->arena, matcher, call->args, call->n_args);
    return resolve(c, call, &m, matcher_name(matcher), matcher_row(matcher)->usage);
}

/* As flat as can be. */
static const struct rule_node *join(struct check *c, enum rule_op op, const struct rule_node *const *nodes,
                                    size_t n)
{
    if (n == 1)
        return nodes[0];
    struct rule_node *node = ARENA_NEW(c->trees, struct rule_node);
    *node = (struct rule_node){ .op = op, .at = nodes[0]->at, .length = nodes[0]->length };
    node->left = join(c, op, nodes, n - n / 2);
    node->right = join(c, op, nodes + (n - n / 2), n / 2);
    return node;
}

static const struct rule_node *resolve_v2(struct check *c, const struct rule_node *call)
{
    size_t matcher = 0;
    while (v2_name(matcher) && !(call->name.n && matcher_is_spelling(call->name, str_c(v2_name(matcher)))))
        matcher++;
    const char *name = v2_name(matcher);
    if (!name) {
        refuse_unknown(c, call);
        return NULL;
    }
    if (call->n_args == 0)
        return refuse(c, FINDING_RULE_MATCHER, call, "an argument is missing", NULL);
    if (!check_empty(c, call, NULL))
        return NULL;
    struct v2_call meant = v2_meaning(c->arena, matcher, call->args, call->n_args);
    if (meant.fault)
        return refuse(c, meant.unsupported ? FINDING_NOT_SUPPORTED : FINDING_RULE_MATCHER, call, meant.fault,
                      meant.expected);
    if (meant.differs)
        warn(c, FINDING_RULE_DIFFERS, call, "%s: %s", name, meant.differs);
    const struct rule_node **nodes = ARENA_ARRAY(c->trees, const struct rule_node *, meant.n);
    for (size_t i = 0; i < meant.n; i++) {
        nodes[i] = resolve(c, call, &meant.meanings[i], name, NULL);
        if (!nodes[i])
            return NULL;
    }
    return join(c, meant.all ? RULE_AND : RULE_OR, nodes, meant.n);
}

/* The depth of a rule's tree is bounded: rule.h. */
static const struct rule_node *resolve_node(struct check *c, const struct rule_node *node)
{
    if (c->n_errors >= MAX_FINDINGS)
        return NULL;
    if (node->op == RULE_CALL)
        return c->syntax == RULE_V2 ? resolve_v2(c, node) : resolve_v3(c, node);
    struct rule_node *copy = ARENA_NEW(c->trees, struct rule_node);
    *copy = *node;
    copy->left = resolve_node(c, node->left);
    copy->right = node->right ? resolve_node(c, node->right) : NULL;
    return copy;
}

const struct rule_node *rule_check(struct arena *arena, struct arena *trees, const struct rule_node *rule,
                                   enum rule_syntax syntax, struct str text, struct str key,
                                   struct diag *diag)
{
    struct check c = {
        .arena = arena, .trees = trees, .syntax = syntax, .text = text, .key = key, .diag = diag
    };
    const struct rule_node *checked = resolve_node(&c, rule);
    return c.n_errors ? NULL : checked;
}
