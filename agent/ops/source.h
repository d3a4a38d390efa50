/* What counts as one client (Traefik's sourceCriterion, reference/traefik-middlewares.md 2.1 to 2.3). */
#pragma once

#include <json-c/json.h>

#include "ops/decide.h"

enum source_kind { SOURCE_IP, SOURCE_DEPTH, SOURCE_EXCLUDED, SOURCE_HEADER, SOURCE_HOST };

struct source {
    enum source_kind kind;
    struct str header; /* SOURCE_HEADER */
    int64_t depth;     /* SOURCE_DEPTH */
    struct address_range *excluded;
    size_t n_excluded;
    unsigned subnet; /* 0: none */
};

/* From an object of policy.json; criterion_fini releases what it holds, also where this said false. */
bool criterion_read(struct json_object *from, struct source *out, char error[static 256]);
void criterion_fini(struct source *source);

/* The client as text: a view into the request, or into `memory`. */
struct str criterion_source(const struct source *source, const struct request *request,
                            char memory[static ADDRESS_TEXT]);
