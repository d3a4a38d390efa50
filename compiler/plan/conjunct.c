#include "plan/conjunct.h"

#include "base/buf.h"
#include "base/quote.h"
#include "route/regex.h"

static bool is_positive(const struct rule_literal *l, enum matcher matcher)
{
    return l->matcher == matcher && !l->negated;
}

static const struct rule_literal *find_positive(const struct conjunct *c, enum matcher matcher)
{
    for (size_t i = 0; i < c->rest.n; i++)
        if (is_positive(c->rest.p[i], matcher))
            return c->rest.p[i];
    return NULL;
}

static void remove_rest(struct conjunct *c, const struct rule_literal *literal)
{
    size_t n = 0;
    for (size_t i = 0; i < c->rest.n; i++)
        if (c->rest.p[i] != literal)
            c->rest.p[n++] = c->rest.p[i];
    c->rest.n = n;
}

static void take_host(struct conjunct *c, enum host_kind kind, const struct rule_literal *literal)
{
    c->host_kind = kind;
    c->host = literal->args[0];
    c->dots = literal->dots;
}

/* Takes host and path out of the rest. A rule that names an exact host and a wildcard keeps the wildcard
 * there. */
static void take_scope(struct conjunct *c)
{
    const struct rule_literal *host = find_positive(c, MATCHER_HOST);
    const struct rule_literal *wild = host ? NULL : find_positive(c, MATCHER_HOST_WILDCARD);
    const struct rule_literal *exact = find_positive(c, MATCHER_PATH);
    const struct rule_literal *path = exact ? exact : find_positive(c, MATCHER_PATH_PREFIX);
    c->span = (struct span){ .path = STR("/") };
    if (host || wild)
        take_host(c, host ? HOST_EXACT : HOST_WILD, host ? host : wild);
    if (path)
        c->span = (struct span){ path->args[0], exact != NULL };
    remove_rest(c, host ? host : wild);
    remove_rest(c, path);
}

/* Below a regular expression's literal beginning, as far as it needs no quoting in keys. */
static void narrow_path(struct conjunct *c, struct arena *arena)
{
    const struct rule_literal *re = find_positive(c, MATCHER_PATH_REGEXP);
    if (!re || c->span.exact || c->span.path.n > 1)
        return;
    struct str prefix = regex_prefix(arena, re->regex);
    size_t n = 0;
    while (n < prefix.n && str_is_of(str_of(prefix.p + n, 1), "/._-"))
        n++;
    if (n > 0 && prefix.p[0] == '/')
        c->span.path = str_head(prefix, n);
}

static struct str last_labels(struct str host, size_t n)
{
    size_t at = host.n;
    for (; at > 0; at--)
        if (host.p[at - 1] == '.' && --n == 0)
            return str_from(host, at);
    return (struct str){ 0 };
}

/* A host's regular expression is looked up by the labels that it ends in, or by its beginning: so hundreds of
 * them cost other requests three look-ups. Three labels tell more than two, and those more than a short
 * beginning. */
static void narrow_host(struct conjunct *c, struct arena *arena)
{
    const struct rule_literal *re = find_positive(c, MATCHER_HOST_REGEXP);
    if (!re || c->host_kind != HOST_ANY || c->class != CLASS_SHORT)
        return;
    enum { TELLING = 4 };
    struct str suffix = regex_suffix(arena, re->regex), prefix = regex_prefix(arena, re->regex);
    struct str three = last_labels(suffix, 3), two = last_labels(suffix, 2);
    bool dotted = suffix.n && suffix.p[suffix.n - 1] == '.';
    if (three.n && !dotted) {
        c->host_kind = HOST_SUFFIX;
        c->host = three;
    } else if (prefix.n >= TELLING || (prefix.n && (!two.n || dotted))) {
        c->host_kind = HOST_PREFIX;
        c->host = prefix;
    } else if (two.n && !dotted) {
        c->host_kind = HOST_SUFFIX;
        c->host = two;
    }
}

static bool is_decided(const struct rule_conjunct *c)
{
    size_t counts[MATCHER_COUNT] = { 0 };
    for (size_t i = 0; i < c->n; i++) {
        enum matcher m = c->literals[i].matcher;
        bool known = m == MATCHER_HOST || m == MATCHER_HOST_WILDCARD || m == MATCHER_PATH ||
                     m == MATCHER_PATH_PREFIX || m == MATCHER_METHOD;
        if (!known || c->literals[i].negated || ++counts[m] > 1)
            return false;
    }
    return !counts[MATCHER_HOST] || !counts[MATCHER_HOST_WILDCARD];
}

bool dnf_is_decided(const struct rule_dnf *dnf)
{
    for (size_t i = 0; i < dnf->n; i++)
        if (!is_decided(&dnf->conjuncts[i]))
            return false;
    return true;
}

static void set_label(struct conjunct *c, struct arena *arena, enum label_kind kind, struct str name,
                      char mark, struct str value)
{
    struct buf label = { 0 };
    if (kind == LABEL_QUERY)
        buf_putc(&label, '?');
    quote_label(&label, name);
    buf_putc(&label, mark);
    quote_label(&label, value);
    c->class = CLASS_LABEL;
    c->label_kind = kind;
    c->label = arena_copy(arena, buf_str(&label));
    buf_fini(&label);
}

/* The first thing that a request must bring with it: an exact value before the presence of a name. */
static bool take_label(struct conjunct *c, struct arena *arena)
{
    const struct str none = { 0 };
    const struct rule_literal *l;
    if ((l = find_positive(c, MATCHER_HEADER)) != NULL) {
        set_label(c, arena, LABEL_HEADER, l->args[0], '=', l->args[1]);
        remove_rest(c, l);
    } else if ((l = find_positive(c, MATCHER_QUERY)) != NULL) {
        set_label(c, arena, LABEL_QUERY, l->args[0], '=', l->n_args > 1 ? l->args[1] : none);
        remove_rest(c, l);
    } else if ((l = find_positive(c, MATCHER_HEADER_REGEXP)) != NULL) {
        set_label(c, arena, LABEL_HEADER, l->args[0], ':', none);
    } else if ((l = find_positive(c, MATCHER_QUERY_REGEXP)) != NULL ||
               (l = find_positive(c, MATCHER_QUERY_FIRST)) != NULL) {
        set_label(c, arena, LABEL_QUERY, l->args[0], ':', none);
    }
    return l != NULL;
}

static bool is_of_fields(const struct rule_literal *l)
{
    return l->matcher == MATCHER_HEADER || l->matcher == MATCHER_HEADER_REGEXP ||
           l->matcher == MATCHER_QUERY || l->matcher == MATCHER_QUERY_REGEXP ||
           l->matcher == MATCHER_QUERY_FIRST;
}

static void classify(struct conjunct *c, struct arena *arena)
{
    const struct rule_literal *method = find_positive(c, MATCHER_METHOD);
    if (c->rest.n == 0) {
        c->class = CLASS_PLAIN;
    } else if (c->rest.n == 1 && method) {
        c->class = CLASS_METHOD;
        c->label = method->args[0];
        remove_rest(c, method);
    } else if (!take_label(c, arena)) {
        c->class = CLASS_SHORT;
        for (size_t i = 0; i < c->rest.n; i++)
            if (is_of_fields(c->rest.p[i]))
                c->class = CLASS_FULL;
    }
}

void conjunct_init(struct conjunct *out, struct arena *arena, const struct rule_conjunct *source)
{
    *out = (struct conjunct){ .host_kind = HOST_ANY };
    for (size_t i = 0; i < source->n; i++)
        vec_push(&out->rest, &source->literals[i]);
    take_scope(out);
    classify(out, arena);
    narrow_path(out, arena);
    narrow_host(out, arena);
}

void conjunct_fini(struct conjunct *c)
{
    vec_fini(&c->rest);
}
