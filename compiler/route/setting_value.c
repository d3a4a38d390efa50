#include "route/setting_value.h"

#include <limits.h>

#include "route/scalar.h"

size_t setting_split(struct str text, struct str *to)
{
    size_t n = 0;
    while (text.n || (n && text.p)) {
        struct str element = str_trim(str_cut(&text, ','));
        if (to)
            to[n] = element;
        n++;
    }
    return n;
}

bool setting_is_list(enum setting_type type)
{
    return type == SETTING_LIST || type == SETTING_IPS || type == SETTING_FLOATS;
}

bool setting_is_on(struct str value)
{
    return value.n == 0 || str_eq_nocase(value, STR("true"));
}

static bool elements_fit(const struct setting_row *row, const struct str *elements, size_t n)
{
    double number;
    for (size_t i = 0; i < n; i++)
        if (row->type == SETTING_FLOATS ? !scalar_float(elements[i], &number)
            : row->type == SETTING_IPS  ? !setting_is_network(elements[i])
                                        : elements[i].n == 0)
            return false;
    return true;
}

/* The field is a pointer and a count behind it. */
static bool store_list(const struct setting_row *row, const struct str *elements, size_t n, char *field)
{
    if (!elements_fit(row, elements, n))
        return false;
    if (field && n) {
        memcpy(field, &elements, sizeof elements);
        memcpy(field + sizeof elements, &n, sizeof n);
    }
    return true;
}

static bool store_level(struct str text, enum log_level *field)
{
    static const struct str names[] = { STR("TRACE"), STR("DEBUG"), STR("INFO"), STR("WARN"),
                                        STR("ERROR"), STR("FATAL"), STR("PANIC") };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq_nocase(text, names[i])) {
            *field = (enum log_level)i;
            return true;
        }
    return text.n == 0;
}

static bool store_closed(struct str text, bool *field)
{
    *field = str_eq_nocase(text, STR("closed"));
    return *field || str_eq_nocase(text, STR("open"));
}

static bool store_count(struct str text, int *field)
{
    int64_t v;
    bool good = str_to_int64(text, &v) && v >= 0 && v <= INT_MAX;
    if (good && field)
        *field = (int)v;
    return good;
}

static bool store_integer(struct str text, int64_t *field)
{
    int64_t v;
    bool good = str_to_int64(text, &v);
    if (good && field)
        *field = v;
    return good;
}

static bool store_bool(struct str text, bool *field)
{
    bool v, good = scalar_bool(text, &v);
    if (good && field)
        *field = v;
    return good;
}

static bool store_duration(struct str text, int64_t *field)
{
    int64_t v;
    bool good = scalar_duration(text, &v);
    if (good && field)
        *field = v;
    return good;
}

bool setting_store(const struct setting_row *row, struct str text, const struct str *elements, size_t n,
                   void *base)
{
    char *field = base && row->at != SETTING_NO_FIELD ? (char *)base + row->at : NULL;
    void *to = field;
    double number;
    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_SECRET:
        if (to)
            *(struct str *)to = text;
        return true;
    case SETTING_BOOL:
        return store_bool(text, to);
    case SETTING_INT:
        return store_integer(text, to);
    case SETTING_COUNT:
        return store_count(text, to);
    case SETTING_FLOAT:
        return scalar_float(text, &number);
    case SETTING_DURATION:
        return store_duration(text, to);
    case SETTING_LIST:
    case SETTING_IPS:
    case SETTING_FLOATS:
        return store_list(row, elements, n, field);
    case SETTING_LEVEL:
        return store_level(text, to);
    case SETTING_FORMAT:
        *(bool *)to = str_eq(text, STR("json"));
        return true;
    case SETTING_CLOSED:
        return store_closed(text, to);
    case SETTING_SWITCH:
        if (to)
            *(bool *)to = setting_is_on(text);
        return true;
    case SETTING_GROUP:
        return false;
    case SETTING_MAP:
    case SETTING_ANY:
        break;
    }
    return true;
}

void setting_store_defaults(struct arena *arena, bool entry_point, void *base)
{
    for (size_t p = 0; p < n_setting_places; p++) {
        const struct setting_table *table = setting_places[p].table;
        for (size_t i = 0; i < table->n_rows && table->entry_point == entry_point; i++) {
            const struct setting_row *row = &table->rows[i];
            struct str text = str_c(row->fallback), *elements = NULL;
            size_t n = 0;
            if (row->use != SETTING_USED || text.n == 0)
                continue;
            if (setting_is_list(row->type)) {
                n = setting_split(text, NULL);
                elements = ARENA_ARRAY(arena, struct str, n);
                setting_split(text, elements);
            }
            setting_store(row, text, elements, n, base);
        }
    }
}
