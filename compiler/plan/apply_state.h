/* The parts of apply and what they share. Internal to plan. */
#pragma once

#include "plan/apply.h"

typedef VEC(struct model_header) header_list;

struct apply {
    struct arena *arena;
    struct apply_request request;
    struct str path,
        raw;      /* as net/url has them: decoded, and the encoded form where that is not the usual one */
    bool changed; /* the path did */
    header_list headers; /* of the request; in the arena when it is asked for */
    header_list answers;
    struct str vary;
    struct apply_answer answer;
};

/* Answers: false, to be returned. `error`: with the headers of Go's http.Error. */
bool apply_stop(struct apply *a, int status, struct str body, bool error);
bool apply_stop_with(struct apply *a, int status, struct str body, const char *name, struct str value);

/* The first line of that name, or empty. */
struct str apply_header(const struct apply *a, struct str name);
void apply_header_delete(struct apply *a, struct str name);
void apply_header_add(struct apply *a, struct str name, struct str value);

/* apply_url.c: Go's net/url. */
/* EscapedPath. */
struct str url_escaped(struct arena *arena, struct str path, struct str raw);
/* setPath. */
void url_set_path(struct arena *arena, struct str encoded, struct str *path, struct str *raw);
/* Parse and String; false where Go refuses it. */
bool url_canonical(struct arena *arena, struct str text, struct str *out);

/* apply_path.c, apply_headers.c, apply_access.c: false where they answered. */
bool apply_path(struct apply *a, const struct model_op *op);
bool apply_headers(struct apply *a, const struct model_headers *headers);
bool apply_access(struct apply *a, const struct model_op *op);

/* net.SplitHostPort: *port with its colon; without one, or where it is not one, the whole. */
void apply_split_host(struct str text, struct str *host, struct str *port);
