#include "kv/yaml.h"

#include <yaml.h>

#include "base/strmap.h"

/* libyaml looks through all %TAG directives for each new one. */
enum { MAX_DIRECTIVES = 100 };

struct reading {
    const struct kv_input *in;
    struct builder *builder;
    struct strmap *anchors; /* name -> node, complete ones only: so no node can hold itself */
    struct str open_anchors[KV_MAX_DEPTH];
    size_t depth, documents;
    size_t line;
    const char *error;
};

static struct str copy_text(struct reading *r, const yaml_char_t *text, size_t n)
{
    return arena_copy(r->in->arena, str_of((const char *)text, n));
}

static struct str copy_name(struct reading *r, const yaml_char_t *name)
{
    return name ? copy_text(r, name, strlen((const char *)name)) : (struct str){ 0 };
}

static void set_anchor(struct reading *r, struct str anchor, const struct node *node)
{
    if (anchor.p && node)
        strmap_put(r->anchors, anchor, (void *)node);
}

/* What the core schema takes for null. */
static bool is_null(const yaml_event_t *event, struct str text)
{
    static const struct str words[] = { STR(""), STR("~"), STR("null"), STR("Null"), STR("NULL") };
    const char *tag = (const char *)event->data.scalar.tag;
    if (tag)
        return strcmp(tag, YAML_NULL_TAG) == 0;
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        found |= str_eq(text, words[i]);
    return found && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool take_scalar(struct reading *r, const yaml_event_t *event)
{
    struct str text = copy_text(r, event->data.scalar.value, event->data.scalar.length);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
    if (plain && builder_wants_name(r->builder) && str_eq(text, STR("<<")))
        return builder_merge(r->builder, r->line);
    struct node *node = ARENA_NEW(r->in->arena, struct node);
    *node = (struct node){ .kind = is_null(event, text) ? NODE_NULL : NODE_TEXT, .text = text };
    set_anchor(r, copy_name(r, event->data.scalar.anchor), node);
    return builder_share(r->builder, node, r->line);
}

static bool take_alias(struct reading *r, const yaml_event_t *event)
{
    const struct node *node = strmap_get(r->anchors, str_c((const char *)event->data.alias.anchor));
    if (!node)
        r->error = "an alias names no anchor that is complete before it";
    return node && builder_share(r->builder, node, r->line);
}

static bool take_start(struct reading *r, enum node_kind kind, const yaml_char_t *anchor)
{
    if (!builder_open(r->builder, kind, r->line))
        return false;
    r->open_anchors[r->depth++] = copy_name(r, anchor);
    return true;
}

static bool take_end(struct reading *r)
{
    const struct node *node = builder_close(r->builder);
    set_anchor(r, r->open_anchors[--r->depth], node);
    return node != NULL;
}

static bool take_event(struct reading *r, const yaml_event_t *event)
{
    r->line = event->start_mark.line + 1;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (r->documents++)
            r->error = "a second document begins; one file holds one";
        return r->documents == 1;
    case YAML_SCALAR_EVENT:
        return take_scalar(r, event);
    case YAML_ALIAS_EVENT:
        return take_alias(r, event);
    case YAML_MAPPING_START_EVENT:
        return take_start(r, NODE_MAP, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_START_EVENT:
        return take_start(r, NODE_LIST, event->data.sequence_start.anchor);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return take_end(r);
    default:
        return true;
    }
}

/* A line and reason for what libyaml does not like. It says no bytes of the text, which may be secret. */
static void note_error(struct reading *r, const yaml_parser_t *parser)
{
    r->line = parser->problem_mark.line + 1;
    if (parser->error == YAML_READER_ERROR) {
        struct str before = str_head(r->in->bytes, parser->problem_offset);
        r->line = 1;
        while (str_cut(&before, '\n').p && before.p)
            r->line++;
    }
    r->error = parser->problem ? parser->problem : "it is no YAML";
    if (parser->context)
        r->error = arena_printf(r->in->arena, "%s, %s that begins on line %zu", r->error, parser->context,
                                parser->context_mark.line + 1)
                       .p;
}

static bool read_events(struct reading *r, yaml_parser_t *parser)
{
    for (bool end = false; !end;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            note_error(r, parser);
            return false;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        bool good = take_event(r, &event);
        yaml_event_delete(&event);
        if (!good)
            return false;
    }
    return true;
}

static void fail(struct reading *r)
{
    const char *error = r->error ? r->error : builder_error(r->builder, &r->line);
    input_fail(r->in, r->line, "%s", error);
}

static bool has_many_directives(struct str bytes)
{
    size_t n = 0;
    while (bytes.n)
        n += str_starts(str_cut(&bytes, '\n'), STR("%"));
    return n > MAX_DIRECTIVES;
}

const struct node *yaml_read(const struct kv_input *in, struct budget *budget)
{
    static const struct node nothing = { .kind = NODE_NULL };
    yaml_parser_t parser;
    if (has_many_directives(in->bytes) || !yaml_parser_initialize(&parser)) {
        input_fail(in, 0, "it has too many directives");
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)in->bytes.p, in->bytes.n);
    struct reading r = { .in = in, .anchors = strmap_create(in->arena, 0) };
    r.builder = builder_create(in->arena, budget, in->name, in->diag);
    bool good = read_events(&r, &parser);
    yaml_parser_delete(&parser);
    const struct node *root = builder_root(r.builder);
    if (!good)
        fail(&r);
    builder_destroy(r.builder);
    return !good ? NULL : root ? root : &nothing;
}
