/* Names and secrets of an authentication: name to stored hash. */
#pragma once

#include <json-c/json.h>

#include "base/arena.h"

struct user {
    struct str name, secret;
};

/* By name, each once. */
struct users {
    struct user *p;
    size_t n;
    struct arena *arena;
};

/* From a JSON array of "name:secret", where names may hold colons; the last of equal names counts. false with
 * a message that shows no secret. */
bool users_read(struct json_object *array, struct users *out, char error[static 256]);
void users_fini(struct users *users);

/* The user of that name, or NULL. */
const struct user *users_find(const struct users *users, struct str name);
