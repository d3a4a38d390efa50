#include "route/schema.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/file.h"
#include "route/scalar.h"
#include "suite.h"
#include "tree_case.h"

static bool is_default_of(enum schema_type type, struct str text)
{
    int64_t i;
    bool b;
    if (type == SCHEMA_INT)
        return str_to_int64(text, &i);
    if (type == SCHEMA_BOOL)
        return scalar_bool(text, &b);
    if (type == SCHEMA_DURATION)
        return scalar_duration(text, &i);
    return type == SCHEMA_TEXT || type == SCHEMA_LIST;
}

static void check_table(const struct schema *schema, size_t depth)
{
    ck_assert_uint_lt(depth, 12); /* no table holds itself */
    ck_assert_uint_gt(schema->what.n, 0);
    for (size_t i = 0; i < schema->n_rows; i++) {
        const struct schema_row *row = &schema->rows[i];
        bool nested = row->type >= SCHEMA_STRUCT && row->type <= SCHEMA_STRUCT_MAP;
        ck_assert_ptr_eq(schema_find(schema, row->name), row); /* no name twice */
        ck_assert_uint_gt(strlen(row->meaning), 0);
        ck_assert_msg(nested == (row->below != NULL), "%s", row->name.p);
        ck_assert_msg(row->fallback[0] == '\0' || is_default_of(row->type, str_c(row->fallback)), "%s",
                      row->name.p);
        if (row->use == SCHEMA_READ || row->use == SCHEMA_KIND)
            ck_assert_msg(row->at < schema->size || schema->inlined, "%s", row->name.p);
        if (row->use == SCHEMA_KIND || row->use == SCHEMA_OTHER_KIND)
            ck_assert(schema->n_kinds > 0 && schema->other_kind > 0);
        if (nested)
            check_table(row->below, depth + 1);
    }
}

START_TEST(tables_are_well_formed)
{
    check_table(schema_root(), 0);
}
END_TEST

START_TEST(names_are_found_in_any_case)
{
    const struct schema *http = schema_find(schema_root(), STR("HTTP"))->below;
    const struct schema_row *row = schema_find(http, STR("ROUTERS"));
    ck_assert_ptr_nonnull(row);
    ck_assert_ptr_nonnull(schema_find(row->below, STR("entrypoints")));
    ck_assert_ptr_null(schema_find(row->below, STR("entrypoint")));
    ck_assert_ptr_null(schema_find(row->below, STR("")));
}
END_TEST

/* A good value for a type of keys.txt, or NULL where a value alone makes no sense. */
static const char *sample_of(struct str type)
{
    static const struct {
        const char *type, *value;
    } samples[] = {
        { "text", "x" },          { "secret text", "x" },
        { "integer", "12" },      { "true or false", "true" },
        { "duration", "10s" },    { "list", "a,b" },
        { "secret list", "a,b" }, { "switch, or keys", "true" },
        { "anything", "x" },
    };
    for (int i = 0; i < ROWS(samples); i++)
        if (str_eq(type, str_c(samples[i].type)))
            return samples[i].value;
    return NULL;
}

/* "http/routers/<router>/rule" with names of its own for what stands in brackets. */
static void put_key(struct buf *out, struct str path)
{
    while (path.n) {
        buf_put(out, str_cut(&path, '<'));
        if (path.p) {
            buf_puts(out, "name");
            str_cut(&path, '>');
        }
    }
}

static bool has_faults(const struct tree_case *c)
{
    for (size_t i = 0; i < diag_total(c->diag); i++)
        if (diag_get(c->diag, i)->code != FINDING_NOT_SUPPORTED)
            return true;
    return false;
}

static void check_key(struct str path, struct str type)
{
    const char *sample = sample_of(type);
    struct buf b = { 0 };
    put_key(&b, path);
    if (str_ends(type, STR("by name")) && str_search(type, STR("keys")) == SIZE_MAX)
        buf_puts(&b, "/x");
    else if (!sample)
        goto done; /* structs: their keys are tested */
    size_t n = b.n;
    buf_printf(&b, " = %s\n", sample ? sample : "1");
    struct tree_case c = tree_case_of(buf_str(&b), false);
    ck_assert_msg(!has_faults(&c), "%s", b.p);
    tree_case_fini(&c);
    bool strict =
        str_eq(type, STR("integer")) || str_eq(type, STR("true or false")) || str_eq(type, STR("duration"));
    b.n = n;
    buf_puts(&b, " = x1\n");
    c = tree_case_of(buf_str(&b), false);
    bool marker = str_eq(type, STR("switch, or keys"));
    ck_assert_msg(has_faults(&c) == (strict || marker || str_eq(type, STR("integers by name"))), "%s", b.p);
    tree_case_fini(&c);
done:
    buf_fini(&b);
}

START_TEST(every_key_of_traefik_is_known_and_checked)
{
    struct buf file = { 0 };
    ck_assert(file_read(TESTDATA "/route/schema/keys.txt", 0, &file));
    struct str text = buf_str(&file);
    int lines = 0;
    for (; text.n; lines++) {
        struct str line = str_cut(&text, '\n');
        size_t at = str_search(line, STR(" = "));
        ck_assert_uint_ne(at, SIZE_MAX);
        check_key(str_head(line, at), str_from(line, at + 3));
    }
    ck_assert_int_gt(lines, 450);
    buf_fini(&file);
}
END_TEST

/* Whether a row's type is the one of Traefik's field ("[]string", "types.Duration"). */
static bool is_type_of(enum schema_type type, struct str go)
{
    static const struct {
        const char *go;
        enum schema_type types[3];
    } plain[] = {
        { "string", { SCHEMA_TEXT, SCHEMA_SECRET, SCHEMA_TEXT } },
        { "types.FileOrContent", { SCHEMA_TEXT, SCHEMA_SECRET, SCHEMA_TEXT } },
        { "types.TracingVerbosity", { SCHEMA_TEXT, SCHEMA_TEXT, SCHEMA_TEXT } },
        { "BalancerStrategy", { SCHEMA_TEXT, SCHEMA_TEXT, SCHEMA_TEXT } },
        { "tls.SANType", { SCHEMA_TEXT, SCHEMA_TEXT, SCHEMA_TEXT } },
        { "tls.Certificates", { SCHEMA_STRUCT_LIST, SCHEMA_STRUCT_LIST, SCHEMA_STRUCT_LIST } },
        { "int", { SCHEMA_INT, SCHEMA_INT, SCHEMA_INT } },
        { "int64", { SCHEMA_INT, SCHEMA_INT, SCHEMA_INT } },
        { "bool", { SCHEMA_BOOL, SCHEMA_BOOL, SCHEMA_BOOL } },
        { "types.Duration", { SCHEMA_DURATION, SCHEMA_DURATION, SCHEMA_DURATION } },
        { "[]string", { SCHEMA_LIST, SCHEMA_LIST, SCHEMA_LIST } },
        { "[]types.FileOrContent", { SCHEMA_LIST, SCHEMA_SECRETS, SCHEMA_LIST } },
        { "Users", { SCHEMA_SECRETS, SCHEMA_SECRETS, SCHEMA_SECRETS } },
        { "map[string]string", { SCHEMA_TEXT_MAP, SCHEMA_TEXT_MAP, SCHEMA_TEXT_MAP } },
        { "map[string]int", { SCHEMA_INT_MAP, SCHEMA_INT_MAP, SCHEMA_INT_MAP } },
    };
    for (int i = 0; i < ROWS(plain); i++)
        if (str_eq(go, str_c(plain[i].go)))
            return type == plain[i].types[0] || type == plain[i].types[1] || type == plain[i].types[2];
    if (str_starts(go, STR("[]")))
        return type == SCHEMA_STRUCT_LIST;
    if (str_starts(go, STR("map[")))
        return type == SCHEMA_STRUCT_MAP;
    return type == SCHEMA_STRUCT || type == SCHEMA_MARKER || type == SCHEMA_FILE_MARKER;
}

/* The row of "http/routers/<>/rule"; of what stands below a row of any contents, that row. */
static const struct schema_row *row_of(struct str path)
{
    const struct schema *schema = schema_root();
    const struct schema_row *row = NULL;
    while (path.p && schema) {
        struct str segment = str_cut(&path, '/');
        if (str_eq(segment, STR("<>")))
            continue;
        row = schema_find(schema, segment);
        schema = row ? row->below : NULL;
    }
    return row && (!path.p || row->type == SCHEMA_ANY) ? row : NULL;
}

/* testdata/route/schema/traefik-3.7.txt: the fields of Traefik's own structs that a store or file can reach.
 */
START_TEST(every_field_of_traefiks_structs_has_a_row_of_its_type)
{
    struct buf file = { 0 };
    ck_assert(file_read(TESTDATA "/route/schema/traefik-3.7.txt", 0, &file));
    struct str text = buf_str(&file);
    int lines = 0;
    for (; text.n; lines++) {
        struct str go = str_cut(&text, '\n');
        size_t at = str_search(go, STR(" = "));
        ck_assert_uint_ne(at, SIZE_MAX);
        const struct schema_row *row = row_of(str_head(go, at));
        ck_assert_msg(row != NULL, "no row: %.*s", STR_ARG(go));
        ck_assert_msg(row->type == SCHEMA_ANY || is_type_of(row->type, str_from(go, at + 3)),
                      "another type: %.*s", STR_ARG(go));
    }
    ck_assert_int_gt(lines, 400);
    buf_fini(&file);
}
END_TEST

START_TEST(all_formats_hold_all_keys)
{
    struct buf text = { 0 }, markdown = { 0 }, json = { 0 };
    schema_print(&text, SCHEMA_AS_TEXT);
    schema_print(&markdown, SCHEMA_AS_MARKDOWN);
    schema_print(&json, SCHEMA_AS_JSON);
    struct json_object *array = json_tokener_parse(json.p), *path, *use;
    ck_assert(json_object_is_type(array, json_type_array));
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *row = json_object_array_get_idx(array, i);
        ck_assert(json_object_object_get_ex(row, "path", &path));
        ck_assert(json_object_object_get_ex(row, "use", &use));
        struct str name = str_c(json_object_get_string(path));
        ck_assert_uint_ne(str_search(buf_str(&text), name), SIZE_MAX);
        ck_assert_uint_ne(str_search(buf_str(&markdown), name), SIZE_MAX);
    }
    json_object_put(array);
    struct str line = STR(
        "| `http/middlewares/<middleware>/rateLimit/burst` | integer | `1` | used | requests at once |\n");
    ck_assert_uint_ne(str_search(buf_str(&markdown), line), SIZE_MAX);
    /* What stands below something that is not done is not done either. */
    line = STR("| `http/middlewares/<middleware>/grpcWeb/allowOrigins` | list |  | not yet |");
    ck_assert_uint_ne(str_search(buf_str(&markdown), line), SIZE_MAX);
    buf_fini(&text);
    buf_fini(&markdown);
    buf_fini(&json);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { tables_are_well_formed, 0 },
        { names_are_found_in_any_case, 0 },
        { every_key_of_traefik_is_known_and_checked, 0 },
        { every_field_of_traefiks_structs_has_a_row_of_its_type, 0 },
        { all_formats_hold_all_keys, 0 },
        { NULL, 0 },
    };
    return run_suite("schema", rows);
}
