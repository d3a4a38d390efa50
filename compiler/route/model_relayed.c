/* Middlewares of the relay's: errors, retry, buffering, compress. */
#include "route/model_build.h"

#include "base/vec.h"

static struct model_relayed *relayed_new(struct build *b, struct model_op *op, enum model_relayed_kind kind)
{
    struct model_relayed *relayed = ARENA_NEW(b->arena, struct model_relayed);
    relayed->kind = kind;
    op->kind = OP_RELAYED;
    op->relayed = relayed;
    return relayed;
}

static int64_t or_else(const struct int_value *value, int64_t fallback)
{
    return IS_SET(*value) ? value->v : fallback;
}

/* The service that has the pages. */
static bool find_pages(struct build *b, const struct error_pages *source, struct str scope,
                       const struct model_service **out)
{
    struct str key = IS_SET(source->service) ? source->service.key : source->key;
    struct reference name = reference_read(source->service.v, scope);
    struct service_entry *entry = str_eq(name.provider, STR("internal"))
                                      ? internal_service(b, name.name)
                                      : reference_find(b, KIND_SERVICE, name, key);
    if (!entry)
        report_missing(b, KIND_SERVICE, name, key);
    else if (!entry->model)
        report_broken(b, KIND_SERVICE, name, key, entry->source->object.key);
    else if (entry->source && entry->source->middlewares.n)
        return refuse_unsupported(b, key, "pages of a service with middlewares of its own are");
    *out = entry ? entry->model : NULL;
    return *out != NULL;
}

static bool read_rewrites(struct build *b, const struct map_value *source, struct model_relayed *out)
{
    struct model_rewrite *rewrites = ARENA_ARRAY(b->arena, struct model_rewrite, source->n);
    for (size_t i = 0; i < source->n; i++) {
        struct list_value range = { source->v[i].key, &source->v[i].name, 1 };
        struct model_statuses statuses;
        int64_t to = 0;
        if (!model_read_statuses(b, &range, &statuses))
            return false;
        if (!str_to_int64(source->v[i].v, &to) || to < 100 || to > 999) {
            report_text(b, FINDING_BAD_VALUE, source->v[i].key, source->v[i].v, "100 to 999",
                        "no status that can be answered");
            return false;
        }
        rewrites[i] = (struct model_rewrite){ statuses.p[0], (int)to };
    }
    out->errors.rewrites = rewrites;
    out->errors.n_rewrites = source->n;
    return true;
}

bool model_read_errors(struct build *b, const struct error_pages *source, struct str scope,
                       struct model_op *op, bool *idle)
{
    struct model_relayed *out = relayed_new(b, op, RELAYED_ERRORS);
    bool ok = model_read_statuses(b, &source->status, &out->statuses);
    ok = find_pages(b, source, scope, &out->errors.service) && ok;
    ok = read_rewrites(b, &source->rewrites, out) && ok;
    out->errors.query = source->query.v;
    out->errors.all_headers = source->request_headers.n == 0;
    out->errors.headers = source->request_headers.v;
    out->errors.n_headers = source->request_headers.n;
    *idle = out->statuses.n == 0;
    return ok;
}

bool model_read_retry(struct build *b, const struct retry *source, struct model_op *op, bool *idle)
{
    const int64_t usual_body = 2097152;
    struct model_relayed *out = relayed_new(b, op, RELAYED_RETRY);
    bool ok = model_read_statuses(b, &source->status, &out->statuses);
    out->retry.attempts = source->attempts.v;
    out->retry.interval_ns = source->interval.ns;
    out->retry.timeout_ns = source->timeout.ns;
    out->retry.max_body = or_else(&source->max_body, usual_body);
    out->retry.on_network_error = !source->not_on_network_error.v;
    out->retry.non_idempotent = source->non_idempotent.v;
    if (source->attempts.v <= 0) {
        diag_report(b->diag, FINDING_BAD_OBJECT,
                    IS_SET(source->attempts) ? source->attempts.key : source->key,
                    "retry needs a number of attempts, 1 or more");
        ok = false;
    }
    if (out->statuses.n == 0 && !out->retry.on_network_error) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->not_on_network_error.key,
                    "without a status, it would never try again");
        ok = false;
    }
    *idle = out->retry.attempts == 1;
    return ok;
}

static bool check_not_negative(struct build *b, const struct int_value *value)
{
    if (!IS_SET(*value) || value->v >= 0)
        return true;
    diag_report(b->diag, FINDING_BAD_OBJECT, value->key, "a number of bytes is not negative");
    return false;
}

bool model_read_buffering(struct build *b, const struct buffering *source, struct model_op *op, bool *idle)
{
    const int64_t usual = 1 << 20;
    struct model_relayed *out = relayed_new(b, op, RELAYED_BUFFERING);
    bool ok = check_not_negative(b, &source->max_request);
    ok = check_not_negative(b, &source->mem_request) && ok;
    ok = check_not_negative(b, &source->max_response) && ok;
    ok = check_not_negative(b, &source->mem_response) && ok;
    out->buffering.max_request = source->max_request.v;
    out->buffering.max_response = source->max_response.v;
    out->buffering.mem_request = source->mem_request.v ? source->mem_request.v : usual;
    out->buffering.mem_response = source->mem_response.v ? source->mem_response.v : usual;
    if (source->retry_expression.v.n)
        ok = model_read_expression(b, &source->retry_expression, &out->buffering.again) && ok;
    *idle = false;
    return ok;
}

static bool is_known_encoding(struct str name)
{
    return str_eq(name, STR("gzip")) || str_eq(name, STR("br")) || str_eq(name, STR("zstd"));
}

static bool read_encodings(struct build *b, const struct compress *source, struct model_relayed *out)
{
    static const struct str usual[] = { STR("gzip"), STR("br"), STR("zstd") };
    bool set = IS_SET(source->encodings), known = source->default_encoding.v.n == 0;
    out->compress.encodings = set ? source->encodings.v : usual;
    out->compress.n_encodings = set ? source->encodings.n : sizeof usual / sizeof *usual;
    out->compress.default_encoding = source->default_encoding.v;
    if (out->compress.n_encodings == 0) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->encodings.key, "compress needs an encoding");
        return false;
    }
    for (size_t i = 0; i < out->compress.n_encodings; i++) {
        if (!is_known_encoding(out->compress.encodings[i])) {
            report_text(b, FINDING_BAD_VALUE, source->encodings.key, out->compress.encodings[i],
                        "gzip, br or zstd", "no encoding that is known");
            return false;
        }
        known = known || str_eq(out->compress.encodings[i], source->default_encoding.v);
    }
    if (!known)
        report_text(b, FINDING_BAD_VALUE, source->default_encoding.key, source->default_encoding.v, NULL,
                    "the default encoding is none of the encodings");
    return known;
}

/* "; name=value" each (mime.ParseMediaType); a ';' at the end is nothing. */
static bool are_parameters(struct str text)
{
    while (text.p) {
        struct str value = str_trim(str_cut(&text, ';')), name = str_cut(&value, '=');
        bool last = text.p == NULL && name.n == 0 && value.p == NULL;
        if (!last && (!str_is_token(name) || value.p == NULL || value.n == 0))
            return false;
    }
    return true;
}

/* In small letters and without parameters, which do not count in Traefik either. */
static bool read_types(struct build *b, const struct list_value *list, struct model_relayed *out)
{
    struct str *types = ARENA_ARRAY(b->arena, struct str, list->n + 1);
    for (size_t i = 0; i < list->n; i++) {
        struct str parameters = list->v[i], type = str_trim(str_cut(&parameters, ';')), sub = type,
                   main = str_cut(&sub, '/');
        if (!str_is_token(main) || (sub.p && !str_is_token(sub)) || !are_parameters(parameters)) {
            report_text(b, FINDING_BAD_VALUE, list->key, list->v[i], "text/html", "no media type");
            return false;
        }
        types[i] = text_lower(b->arena, type);
    }
    out->compress.types = types;
    out->compress.n_types = list->n;
    return true;
}

bool model_read_compress(struct build *b, const struct compress *source, struct model_op *op, bool *idle)
{
    const int64_t usual = 1024;
    struct model_relayed *out = relayed_new(b, op, RELAYED_COMPRESS);
    bool ok = read_encodings(b, source, out);
    out->compress.only = source->included.n > 0;
    if (source->included.n && source->excluded.n) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key,
                    "excludedContentTypes and includedContentTypes exclude each other");
        ok = false;
    }
    ok = read_types(b, out->compress.only ? &source->included : &source->excluded, out) && ok;
    out->compress.min_size = source->min_size.v > 0 ? source->min_size.v : usual;
    *idle = false;
    return ok;
}
