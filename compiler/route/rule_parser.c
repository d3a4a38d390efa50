#include "route/rule.h"

#include "base/vec.h"
#include "route/rule_finding.h"
#include "route/rule_lexer.h"

#define ANY_MATCHER "a matcher, such as Host(`example.com`)"
#define ANY_STRING  "a string in backticks or double quotes"

enum { SHOWN_BYTES = 60 };

/* The first fault is kept; every function below returns NULL or false from there on. */
struct parser {
    struct arena *arena;
    struct str key;
    struct rule_lexer lexer;
    struct rule_token token, previous;
    size_t depth, n_nodes;
    size_t open_end; /* offset behind the innermost '(' that is not closed yet; 0: none */
    VEC(const struct rule_node *) operands;
    VEC(struct str) args;
    struct finding fault;
    bool failed;
};

static void advance(struct parser *p)
{
    p->previous = p->token;
    p->token = rule_lexer_next(&p->lexer);
}

static struct str token_text(const struct parser *p, struct rule_token token)
{
    return str_head(str_from(p->lexer.text, token.at), token.length);
}

static const struct rule_node *fail(struct parser *p, size_t at, size_t length, struct str message,
                                    const char *expected)
{
    if (!p->failed) {
        p->fault = rule_finding(FINDING_RULE_SYNTAX, p->key, p->lexer.text, at, length);
        p->fault.message = message;
        p->fault.expected = str_c(expected);
    }
    p->failed = true;
    return NULL;
}

/* A fault at a token; `format` gets the beginning of its text. */
#define FAIL_AT(p, token, expected, format)                                                                  \
    fail((p), (token).at, (token).length,                                                                    \
         arena_printf((p)->arena, format, STR_ARG(str_head(token_text((p), (token)), SHOWN_BYTES))),         \
         (expected))

static const struct rule_node *fail_too_large(struct parser *p, struct rule_token mark, const char *what,
                                              unsigned limit)
{
    fail(p, mark.at, mark.length, STR("the rule is too large"), NULL);
    p->fault.code = FINDING_RULE_TOO_LARGE;
    p->fault.expected = arena_printf(p->arena, "at most %u %s", limit, what);
    return NULL;
}

/* What a reader sees as one word, where the lexer sees bytes: "a.test" in Host(a.test). */
static struct rule_token word_at(const struct parser *p, struct rule_token token)
{
    struct str rest = str_from(p->lexer.text, token.at);
    size_t n = 0;
    while (n < rest.n && !memchr("(),&|`\" \t\r\n", rest.p[n], 11))
        n++;
    if (n > token.length)
        token.length = n;
    return token;
}

static bool is_word(const struct parser *p, struct rule_token token, const char *word)
{
    return token.kind == TOKEN_NAME && str_eq_nocase(token_text(p, token), str_c(word));
}

/* Faults that do not depend on the place where the token stands. */
static bool fail_anywhere(struct parser *p)
{
    struct rule_token t = p->token;
    struct str text = token_text(p, t);
    if (t.kind == TOKEN_FAULT)
        fail(p, t.at, t.length, str_c(t.fault), t.expected);
    else if (t.kind == TOKEN_OTHER && text.p[0] == '\'')
        fail(p, t.at, t.length, STR("single quotes do not make a string"), ANY_STRING);
    else if (t.kind == TOKEN_OTHER && (text.p[0] == '&' || text.p[0] == '|'))
        FAIL_AT(p, t, text.p[0] == '&' ? "&&" : "||", "%.*s is no operator of rules");
    else if (t.kind == TOKEN_OTHER && (unsigned char)text.p[0] < 0x20)
        fail(p, t.at, t.length, STR("a control character outside a string"), NULL);
    return p->failed;
}

/* The token cannot begin an operand. */
static const struct rule_node *fail_operand(struct parser *p)
{
    struct rule_token t = p->token, before = p->previous;
    if (fail_anywhere(p))
        return NULL;
    if (t.kind == TOKEN_END && before.length == 0)
        return fail(p, 0, 0, STR("the rule is empty"), ANY_MATCHER);
    if (t.kind == TOKEN_END)
        return FAIL_AT(p, before, ANY_MATCHER, "nothing follows %.*s");
    if (t.kind == TOKEN_CLOSE && before.kind == TOKEN_OPEN)
        return fail(p, before.at, t.at + 1 - before.at, STR("nothing stands between ( and )"), ANY_MATCHER);
    if (t.kind == TOKEN_STRING)
        return fail(p, t.at, t.length, STR("a string stands alone"), ANY_MATCHER);
    return FAIL_AT(p, word_at(p, t), ANY_MATCHER, "%.*s where a matcher is needed");
}

/* The token cannot follow a whole operand. */
static const struct rule_node *fail_joint(struct parser *p)
{
    struct rule_token t = p->token;
    bool inside = p->open_end > 0;
    if (fail_anywhere(p))
        return NULL;
    if (t.kind == TOKEN_END)
        return fail(p, p->open_end - 1, 1, STR("this ( is not closed"), ")");
    if (t.kind == TOKEN_NEWLINE)
        return fail(p, t.at, t.length,
                    STR("the line ends behind a whole matcher: what follows belongs to nothing"),
                    inside ? "&&, || or ) before the line end" : "&& or || before the line end");
    if (t.kind == TOKEN_CLOSE)
        return fail(p, t.at, t.length, STR("no ( belongs to this )"), "&&, || or the end");
    if (is_word(p, t, "and") || is_word(p, t, "or"))
        return FAIL_AT(p, t, is_word(p, t, "and") ? "&&" : "||", "%.*s is no operator of rules");
    if (t.kind == TOKEN_COMMA || t.kind == TOKEN_OTHER)
        return FAIL_AT(p, t, "&& or ||", "%.*s does not join matchers");
    return FAIL_AT(p, t, "&& or ||", "no operator stands before %.*s");
}

/* The token cannot be an argument. */
static const struct rule_node *fail_argument(struct parser *p, struct rule_token name)
{
    struct rule_token t = p->token, word = word_at(p, t);
    struct str text = token_text(p, word);
    if (t.kind == TOKEN_END)
        return fail(p, p->open_end - 1, 1, STR("this ( is not closed"), ")");
    if (fail_anywhere(p))
        return NULL;
    if (is_word(p, name, "not"))
        return FAIL_AT(p, name, "!", "%.*s is no operator of rules");
    if (t.kind == TOKEN_COMMA)
        return fail(p, t.at, t.length, STR("an argument is missing before this comma"), ANY_STRING);
    size_t behind = word.at + word.length;
    bool call = t.kind == TOKEN_NAME && behind < p->lexer.text.n && p->lexer.text.p[behind] == '(';
    if (call || t.kind == TOKEN_OPEN || t.kind == TOKEN_NOT)
        return fail(p, word.at, word.length, STR("arguments are strings, not rules"), ANY_STRING);
    FAIL_AT(p, word, ANY_STRING,
            "the argument %.*s is no string: arguments stand in backticks or double quotes");
    p->fault.nearest = arena_printf(p->arena, "`%.*s`", STR_ARG(text));
    return NULL;
}

/* The token follows an argument but is neither a comma nor the end of the list. */
static const struct rule_node *fail_list(struct parser *p)
{
    struct rule_token t = p->token;
    if (t.kind == TOKEN_END)
        return fail(p, p->open_end - 1, 1, STR("this ( is not closed"), ")");
    if (fail_anywhere(p))
        return NULL;
    if (t.kind == TOKEN_NEWLINE)
        return fail(p, t.at, t.length, STR("the line ends inside a list of arguments, without a comma"),
                    ", or ) before the line end");
    return FAIL_AT(p, word_at(p, t), ", or )", "%.*s behind an argument");
}

static struct rule_node *node_create(struct parser *p, enum rule_op op, size_t at, size_t end)
{
    if (++p->n_nodes > RULE_MAX_NODES) {
        fail_too_large(p, p->token, "matchers and operators", RULE_MAX_NODES);
        return NULL;
    }
    struct rule_node *node = ARENA_NEW(p->arena, struct rule_node);
    *node = (struct rule_node){ .op = op, .at = at, .length = end - at };
    return node;
}

/* The current token is a '!' or the '(' of a list or a group: moves into it. */
static bool enter(struct parser *p)
{
    if (++p->depth > RULE_MAX_DEPTH) {
        fail_too_large(p, p->token, "levels of ! and parentheses", RULE_MAX_DEPTH);
        return false;
    }
    if (p->token.kind == TOKEN_OPEN)
        p->open_end = p->token.at + 1;
    advance(p);
    return true;
}

/* The other side of enter: the current token is the ')'; `outer` is what open_end was before. */
static void leave(struct parser *p, size_t outer)
{
    p->depth--;
    p->open_end = outer;
    advance(p);
}

static bool parse_arguments(struct parser *p, struct rule_token name)
{
    p->args.n = 0;
    while (p->token.kind != TOKEN_CLOSE) {
        size_t fault = 0;
        struct str value = { 0 };
        if (p->token.kind == TOKEN_STRING)
            value = rule_string_decode(p->arena, token_text(p, p->token), &fault);
        else
            fail_argument(p, name);
        if (!value.p) {
            fail(p, p->token.at + fault, 2, STR("Go strings know no such escape"),
                 "\\n, \\t, \\\\, \\\", \\x41, \\u00e9 …, or backticks, where a backslash is itself");
            return false;
        }
        vec_push(&p->args, value);
        advance(p);
        if (p->token.kind == TOKEN_COMMA)
            advance(p);
        else if (p->token.kind != TOKEN_CLOSE)
            fail_list(p);
        if (p->failed)
            return false;
    }
    return true;
}

static const struct rule_node *parse_call(struct parser *p)
{
    struct rule_token name = p->token;
    size_t outer = p->open_end;
    advance(p);
    if (p->token.kind != TOKEN_OPEN) {
        if (is_word(p, name, "not"))
            return FAIL_AT(p, name, "!", "%.*s is no operator of rules");
        return FAIL_AT(p, word_at(p, name), "a matcher with its arguments in parentheses",
                       "%.*s is no matcher");
    }
    if (!enter(p) || !parse_arguments(p, name))
        return NULL;
    struct rule_node *node = node_create(p, RULE_CALL, name.at, p->token.at + 1);
    if (!node)
        return NULL;
    leave(p, outer);
    struct str *args = ARENA_ARRAY(p->arena, struct str, p->args.n);
    if (p->args.n)
        memcpy(args, p->args.p, p->args.n * sizeof *args);
    node->name = token_text(p, name);
    node->args = args;
    node->n_args = p->args.n;
    return node;
}

static const struct rule_node *parse_chain(struct parser *p, enum rule_op op);

static const struct rule_node *parse_not(struct parser *p);

static const struct rule_node *parse_group(struct parser *p)
{
    size_t outer = p->open_end;
    if (!enter(p))
        return NULL;
    const struct rule_node *inner = parse_chain(p, RULE_OR);
    if (!inner)
        return NULL;
    if (p->token.kind != TOKEN_CLOSE)
        return fail_joint(p);
    leave(p, outer);
    return inner;
}

static const struct rule_node *parse_unary(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_NAME:
        return parse_call(p);
    case TOKEN_OPEN:
        return parse_group(p);
    case TOKEN_NOT:
        return parse_not(p);
    default:
        return fail_operand(p);
    }
}

static const struct rule_node *parse_not(struct parser *p)
{
    size_t at = p->token.at;
    if (!enter(p))
        return NULL;
    const struct rule_node *inner = parse_unary(p);
    if (!inner)
        return NULL;
    p->depth--;
    if (inner->op == RULE_NOT) /* twice not is nothing */
        return inner->left;
    struct rule_node *node = node_create(p, RULE_NOT, at, inner->at + inner->length);
    if (node)
        node->left = inner;
    return node;
}

/* One tree over n operands of an associative operator, as flat as can be: a list of thousands of hosts must
 * not make a tree that is thousands of levels deep. */
static const struct rule_node *balance(struct parser *p, enum rule_op op,
                                       const struct rule_node *const *operands, size_t n)
{
    if (n == 1)
        return operands[0];
    const struct rule_node *first = operands[0], *last = operands[n - 1];
    struct rule_node *node = node_create(p, op, first->at, last->at + last->length);
    if (!node)
        return NULL;
    node->left = balance(p, op, operands, n - n / 2);
    node->right = balance(p, op, operands + (n - n / 2), n / 2);
    return node->left && node->right ? node : NULL;
}

/* Operands joined by one operator: || between && chains, && between unary ones. */
static const struct rule_node *parse_chain(struct parser *p, enum rule_op op)
{
    enum rule_token_kind joint = op == RULE_OR ? TOKEN_OR : TOKEN_AND;
    size_t base = p->operands.n;
    for (;;) {
        const struct rule_node *operand = op == RULE_OR ? parse_chain(p, RULE_AND) : parse_unary(p);
        if (!operand)
            return NULL;
        vec_push(&p->operands, operand);
        if (p->token.kind != joint)
            break;
        advance(p);
    }
    const struct rule_node *node = balance(p, op, p->operands.p + base, p->operands.n - base);
    p->operands.n = base;
    return node;
}

static const struct rule_node *parse_rule(struct parser *p)
{
    struct str text = p->lexer.text;
    if (text.n > RULE_MAX_BYTES)
        return fail_too_large(p, p->token, "bytes", RULE_MAX_BYTES);
    size_t fault = rule_text_fault(text);
    if (fault < text.n)
        return fail(p, fault, 1, STR("the rule is no text: NUL, a byte order mark, or not UTF-8"), NULL);
    advance(p);
    const struct rule_node *rule = parse_chain(p, RULE_OR);
    if (!rule)
        return NULL;
    struct rule_token behind = p->token;
    if (behind.kind == TOKEN_NEWLINE) /* harmless where nothing but blanks follows */
        advance(p);
    if (p->token.kind == TOKEN_END)
        return rule;
    if (behind.kind == TOKEN_NEWLINE && p->token.kind != TOKEN_FAULT)
        p->token = behind;
    return fail_joint(p);
}

const struct rule_node *rule_parse(struct arena *arena, struct str text, struct str key, struct diag *diag)
{
    struct parser p = { .arena = arena, .key = key, .lexer = { .text = text } };
    const struct rule_node *rule = parse_rule(&p);
    if (p.failed)
        diag_add(diag, p.fault);
    vec_fini(&p.operands);
    vec_fini(&p.args);
    return rule;
}
