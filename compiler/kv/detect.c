#include "kv/json.h"
#include "kv/reader.h"

enum { LINES_LOOKED_AT = 1000 };

/* The first line that says something in YAML: no comment, directive or document mark. */
static struct str first_line(struct str bytes)
{
    for (int i = 0; i < LINES_LOOKED_AT && bytes.p; i++) {
        struct str line = str_trim(str_cut(&bytes, '\n'));
        if (line.n && line.p[0] != '#' && line.p[0] != '%' && !str_starts(line, STR("---")))
            return line;
    }
    return STR("");
}

/* "name:" or "name: value", where the name is no path as keys are. */
static bool is_yaml_member(struct str line)
{
    if (str_starts(line, STR("\"")) || str_starts(line, STR("'")))
        return true;
    size_t colon = str_find(line, ':');
    struct str behind = str_from(line, colon + 1);
    bool ends = colon < line.n && (behind.n == 0 || behind.p[0] == ' ' || behind.p[0] == '\t');
    return ends && str_find(str_head(line, colon), '/') == colon;
}

/* Whether the first name in an object is one that etcd answers with. */
static bool is_etcd_answer(struct str bytes)
{
    static const struct str names[] = { STR("header"), STR("kvs"), STR("more"), STR("count") };
    struct arena *arena = arena_create();
    struct json json = json_open(arena, bytes);
    bool found = false;
    if (json_enter(&json, '{')) {
        struct str name = json_name(&json);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            found |= str_eq(name, names[i]);
    }
    arena_destroy(arena);
    return found;
}

static bool is_named_like_file(struct str name)
{
    return str_ends(name, STR(".yml")) || str_ends(name, STR(".yaml")) || str_ends(name, STR(".json"));
}

enum kv_format kv_detect(struct str bytes, struct str name)
{
    struct str line = first_line(bytes);
    if (line.n == 0) /* nothing: only a dump of no keys has no bytes at all */
        return bytes.n || is_named_like_file(name) ? KV_FORMAT_FILE : KV_FORMAT_DUMP;
    if (line.p[0] == '{')
        return is_etcd_answer(bytes) ? KV_FORMAT_DUMP_JSON : KV_FORMAT_FILE;
    if (line.p[0] == '[') /* TOML, or a list */
        return KV_FORMAT_UNKNOWN;
    if (is_yaml_member(line))
        return KV_FORMAT_FILE;
    if (str_find(line, '/') < line.n)
        return KV_FORMAT_DUMP;
    return is_named_like_file(name) ? KV_FORMAT_FILE : KV_FORMAT_UNKNOWN;
}
