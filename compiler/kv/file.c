/* A dynamic configuration file of Traefik's: its maps become paths, its lists numbered children.
 *
 * Scalars stand as written ("yes", "0x10", "1e3" are not converted). A null is as good as absent. An empty
 * map or list, or one of nulls only, is its key with an empty value: that is the form that a store has for
 * "tls: {}". JSON has a reader of its own, though YAML claims to contain it: libyaml knows no surrogate
 * pairs, and no names above 1,024 bytes. */
#include "base/vec.h"
#include "kv/input.h"
#include "kv/json.h"
#include "kv/node.h"
#include "kv/yaml.h"

static bool build_json(struct json *json, struct builder *b, enum json_kind kind);

static bool build_object(struct json *json, struct builder *b)
{
    bool good = builder_open(b, NODE_MAP, json->line);
    for (bool more = json_enter(json, '{'); good && more; more = json_more(json, '}')) {
        struct str name = json_name(json);
        good = !json->error && builder_text(b, NODE_TEXT, name, json->line);
        good = good && build_json(json, b, json_peek(json));
    }
    return good && !json->error && builder_close(b);
}

static bool build_array(struct json *json, struct builder *b)
{
    bool good = builder_open(b, NODE_LIST, json->line);
    for (bool more = json_enter(json, '['); good && more; more = json_more(json, ']'))
        good = build_json(json, b, json_peek(json));
    return good && !json->error && builder_close(b);
}

/* Recursion ends at the depth that the reader allows. */
static bool build_json(struct json *json, struct builder *b, enum json_kind kind)
{
    if (kind == JSON_OBJECT)
        return build_object(json, b);
    if (kind == JSON_ARRAY)
        return build_array(json, b);
    struct str text = json_text(json);
    return !json->error && builder_text(b, kind == JSON_NULL ? NODE_NULL : NODE_TEXT, text, json->line);
}

/* Looked at first and as a whole, so that what is YAML after all leaves no findings behind. */
static bool is_json(const struct kv_input *in)
{
    struct json json = json_open(in->arena, in->bytes);
    json_skip(&json);
    return json_end(&json);
}

static const struct node *json_read(const struct kv_input *in, struct budget *budget)
{
    struct json json = json_open(in->arena, arena_copy(in->arena, in->bytes));
    struct builder *b = builder_create(in->arena, budget, in->name, in->diag);
    const struct node *root = build_json(&json, b, json_peek(&json)) ? builder_root(b) : NULL;
    const char *error = json.error ? json.error : builder_error(b, &json.line);
    if (!root)
        input_fail(in, json.line, "%s", error);
    builder_destroy(b);
    return root;
}

struct walk {
    const struct kv_input *in;
    struct pair_list *out;
    struct buf path;
    struct budget *budget;
    size_t depth;
};

/* The cost of one step: what a pair and its entry in later tables take. */
enum { STEP_COST = 64 };

static bool emit(struct walk *w, struct str value)
{
    if (!budget_spend(w->budget, w->path.n + STEP_COST))
        return input_fail(w->in, 0, "it expands to too much: long names or many aliases");
    return input_add(w->in, w->out, arena_copy(w->in->arena, buf_str(&w->path)), value);
}

/* Whether a key can hold the name; a finding where it cannot. */
static bool fits_key(struct walk *w, const struct member *member)
{
    if (member->name.n && str_find(member->name, '/') == member->name.n)
        return true;
    diag_report(w->in->diag, FINDING_NOT_SUPPORTED, buf_str(&w->path),
                "line %zu: the name \"%.*s\" %s, and is left out with all below it", member->line,
                (int)(member->name.n < 100 ? member->name.n : 100), member->name.p,
                member->name.n ? "holds a slash, which a key cannot" : "is empty");
    return false;
}

static void put_number(struct buf *path, size_t i, size_t count)
{
    int width = 1;
    for (size_t most = count - 1; most > 9; most /= 10)
        width++;
    buf_printf(path, "%0*zu", width, i);
}

static bool walk_node(struct walk *w, const struct node *node);

static bool walk_members(struct walk *w, const struct node *node)
{
    size_t length = w->path.n;
    for (size_t i = 0; i < node->n; i++) {
        if (node->kind == NODE_MAP && !fits_key(w, &node->members[i]))
            continue;
        if (w->path.n)
            buf_putc(&w->path, '/');
        if (node->kind == NODE_MAP)
            buf_put(&w->path, node->members[i].name);
        else
            put_number(&w->path, i, node->n);
        if (!walk_node(w, node->members[i].node))
            return false;
        w->path.n = length;
    }
    return true;
}

static bool is_blank(const struct node *node)
{
    for (size_t i = 0; i < node->n; i++)
        if (node->members[i].node->kind != NODE_NULL)
            return false;
    return true;
}

/* Recursion is bounded: aliases can nest deeper than the document does. */
static bool walk_node(struct walk *w, const struct node *node)
{
    if (!budget_spend(w->budget, STEP_COST))
        return input_fail(w->in, 0, "it expands to too much: long names or many aliases");
    if (node->kind == NODE_NULL)
        return true;
    if (node->kind == NODE_TEXT)
        return emit(w, node->text);
    if (is_blank(node))
        return emit(w, STR(""));
    if (w->depth == KV_MAX_DEPTH)
        return input_fail(w->in, 0, "its aliases are nested too deeply");
    w->depth++;
    bool good = walk_members(w, node);
    w->depth--;
    return good;
}

bool kv_read_file(const struct kv_input *in, struct pair_list *out)
{
    struct budget budget = budget_of(in->bytes.n);
    bool braced = str_starts(str_trim(in->bytes), STR("{"));
    const struct node *root = braced && is_json(in) ? json_read(in, &budget) : yaml_read(in, &budget);
    if (!root || root->kind == NODE_NULL || (root->kind == NODE_MAP && is_blank(root)))
        return root != NULL;
    if (root->kind != NODE_MAP)
        return input_fail(in, 1, "a map was expected: http:, tcp:, udp: or tls:");
    struct walk w = { .in = in, .out = out, .budget = &budget };
    buf_put(&w.path, in->root);
    bool good = walk_members(&w, root);
    buf_fini(&w.path);
    return good;
}
