#include "ops/fields.h"

#include <stdio.h>

#include <stdlib.h>

#include "base/arena.h"
#include "ops/op.h"

static struct field *find(struct field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

bool fields_read(struct json_object *object, struct field *fields, size_t n, char error[static 256])
{
    if (!json_object_is_type(object, json_type_object)) {
        snprintf(error, 256, "expected an object");
        return false;
    }
    json_object_object_foreach(object, name, value)
    {
        struct field *field = find(fields, n, name);
        if (!field) {
            snprintf(error, 256, "unknown member \"%.60s\"", name);
            return false;
        }
        if (!json_object_is_type(value, field->type)) {
            snprintf(error, 256, "member \"%s\" is not of type %s", field->name,
                     json_type_to_name(field->type));
            return false;
        }
        field->value = value;
    }
    for (size_t i = 0; i < n; i++)
        if (fields[i].required && !fields[i].value) {
            snprintf(error, 256, "member \"%s\" is missing", fields[i].name);
            return false;
        }
    return true;
}

struct str field_str(struct json_object *string)
{
    return str_of(json_object_get_string(string), (size_t)json_object_get_string_len(string));
}

struct str str_own(struct str s)
{
    char *copy = xmalloc(s.n + 1);
    if (s.n)
        memcpy(copy, s.p, s.n);
    return str_of(copy, s.n);
}

bool texts_read(struct json_object *array, struct texts *out)
{
    size_t n = array ? json_object_array_length(array) : 0;
    out->p = n ? xmalloc(n * sizeof *out->p) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct json_object *text = json_object_array_get_idx(array, i);
        if (!json_object_is_type(text, json_type_string))
            return false;
        out->p[out->n++] = str_own(field_str(text));
    }
    return true;
}

void texts_fini(struct texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free((char *)texts->p[i].p);
    free(texts->p);
    *texts = (struct texts){ 0 };
}
