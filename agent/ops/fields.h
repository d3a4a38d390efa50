/* Members of a JSON object, read by a table: all that are required are there, each has its type, no other is.
 * What this agent does not know it must not ignore: it could be a restriction. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct field {
    const char *name;
    enum json_type type;
    bool required;
    struct json_object *value; /* filled in; NULL: absent */
};

/* false with a message where `object` is none or does not fit the table. */
bool fields_read(struct json_object *object, struct field *fields, size_t n, char error[static 256]);

/* The bytes of a JSON string, as long as the object lives. */
struct str field_str(struct json_object *string);

/* A copy on the heap; never a NULL pointer. */
struct str str_own(struct str s);

struct texts;

/* A JSON array of strings (NULL: an empty one) as copies; false where it holds anything else. texts_fini
 * releases them. */
bool texts_read(struct json_object *array, struct texts *out);
void texts_fini(struct texts *texts);
