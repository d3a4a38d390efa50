#include "base/vec.h"
#include "route/model_build.h"

/* Middlewares about who the client is. Nothing of a user or a key ever goes into a finding. */

typedef VEC(struct str) str_list;

/* The lines of a users file that count: trimmed, without blank ones and comments. */
static void add_lines(str_list *out, struct str contents)
{
    while (contents.n > 0) {
        struct str line = str_trim(str_cut(&contents, '\n'));
        if (line.n && line.p[0] != '#')
            vec_push(out, line);
    }
}

static bool add_file(struct build *b, const struct text_value *file, str_list *out)
{
    struct str contents;
    const struct file_view *files = b->settings->files;
    if (file->v.n == 0)
        return true;
    if (!files || !files->read(files->context, file->v, &contents)) {
        report_text(b, FINDING_BAD_OBJECT, file->key, file->v, NULL, "the file cannot be read");
        return false;
    }
    add_lines(out, contents);
    return true;
}

static size_t count_colons(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == ':';
    return n;
}

/* File first, then list: of equal names the last one counts. */
static bool read_users(struct build *b, const struct password_auth *source, size_t colons, const char *form,
                       struct model_auth *out)
{
    str_list users = { 0 };
    bool ok = add_file(b, &source->users_file, &users);
    size_t n_lines = users.n;
    for (size_t i = 0; i < source->users.n; i++)
        vec_push(&users, source->users.v[i]);
    for (size_t i = 0; i < users.n && ok; i++) {
        bool in_file = i < n_lines;
        ok = count_colons(users.p[i]) == colons;
        if (!ok)
            diag_report(b->diag, FINDING_BAD_OBJECT, in_file ? source->users_file.key : source->users.key,
                        "user %zu %s is not %s", in_file ? i + 1 : i - n_lines + 1,
                        in_file ? "of the file" : "of the list", form);
    }
    struct str *copy = ARENA_ARRAY(b->arena, struct str, users.n);
    for (size_t i = 0; i < users.n; i++)
        copy[i] = arena_copy(b->arena, users.p[i]);
    out->users = copy;
    out->n_users = users.n;
    vec_fini(&users);
    return ok;
}

/* What can stand in a header. */
static bool check_plain(struct build *b, const struct text_value *value)
{
    bool plain = !str_has_control(value->v);
    if (!plain)
        diag_report(b->diag, FINDING_BAD_VALUE, value->key, "a control byte cannot stand in a header");
    return plain;
}

bool check_header_name(struct build *b, struct str key, struct str name)
{
    if (name.n == 0 || str_is_token(name))
        return true;
    report_text(b, FINDING_BAD_VALUE, key, name, NULL, "this is no name of a header");
    return false;
}

static bool read_password_auth(struct build *b, const struct password_auth *source, size_t colons,
                               const char *form, struct model_op *op)
{
    enum { LONGEST_REALM = 400 };
    struct model_auth *out = ARENA_NEW(b->arena, struct model_auth);
    bool ok = check_plain(b, &source->realm);
    ok = check_header_name(b, source->header_field.key, source->header_field.v) && ok;
    if (source->realm.v.n > LONGEST_REALM) {
        diag_report(b->diag, FINDING_BAD_VALUE, source->realm.key, "a realm has at most %d bytes",
                    LONGEST_REALM);
        ok = false;
    }
    ok = read_users(b, source, colons, form, out) && ok;
    out->realm = source->realm.v.n ? source->realm.v : STR("traefik");
    out->header = source->header_field.v;
    out->remove_header = IS_SET(source->remove_header) && source->remove_header.v;
    op->auth = out;
    return ok;
}

bool model_read_basic_auth(struct build *b, const struct password_auth *source, struct model_op *op)
{
    op->kind = OP_BASIC_AUTH;
    if (!read_password_auth(b, source, 1, "name:hash", op))
        return false;
    if (op->auth->n_users == 0)
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key, "the authentication has no users");
    return op->auth->n_users > 0;
}

bool model_read_digest_auth(struct build *b, const struct password_auth *source, struct model_op *op)
{
    op->kind = OP_DIGEST_AUTH;
    return read_password_auth(b, source, 2, "name:realm:hash", op);
}

/* What HAProxy's buffer has room for beside the headers. */
#define BODY_ROOM        INT64_C(49152)
#define LONGEST_CACHE_NS INT64_C(3600000000000)

static bool check_names(struct build *b, const struct list_value *names)
{
    bool ok = true;
    for (size_t i = 0; i < names->n; i++)
        ok = check_header_name(b, names->key, names->v[i]) && ok;
    return ok;
}

/* What a list of cookies or headers holds cannot break the lines in which the agent is told of it. */
static bool check_cookies(struct build *b, const struct list_value *names)
{
    bool ok = true;
    for (size_t i = 0; i < names->n; i++)
        for (size_t j = 0; j < names->v[i].n && ok; j++)
            ok = (unsigned char)names->v[i].p[j] > ' ' && names->v[i].p[j] != ';' && names->v[i].p[j] != '=';
    if (!ok)
        diag_report(b->diag, FINDING_BAD_VALUE, names->key, "this is no name of a cookie");
    return ok;
}

static bool is_true(const struct bool_value *value)
{
    return IS_SET(*value) && value->v;
}

static bool check_cache(struct build *b, const struct forward_auth *source, struct model_forward *out)
{
    const struct duration_value *ttl = &source->own.cache_ttl;
    if (ttl->ns < 0 || ttl->ns > LONGEST_CACHE_NS) {
        diag_report(b->diag, FINDING_BAD_OBJECT, ttl->key, "an answer is kept for an hour at most");
        return false;
    }
    if (ttl->ns > 0 && out->send_body) {
        diag_report(b->diag, FINDING_LIMITED, ttl->key,
                    "with forwardBody each request is asked for: nothing is kept");
        out->cache_ns = 0;
    }
    return check_names(b, &source->own.cache_key);
}

bool model_read_forward_auth(struct build *b, const struct forward_auth *source, struct model_op *op)
{
    struct model_forward *out = ARENA_NEW(b->arena, struct model_forward);
    op->kind = OP_FORWARD_AUTH;
    op->forward = out;
    bool ok = check_names(b, &source->request_headers);
    ok = check_names(b, &source->response_headers) && ok;
    ok = check_cookies(b, &source->add_cookies) && ok;
    ok = check_plain(b, &source->signin) && ok;
    const struct text_value *regex = &source->response_headers_regex;
    ok = (regex->v.n == 0 || model_read_regex(b, regex->v, regex->key)) && ok; /* the agent reads it again */
    ok = model_read_tls_client(b, &source->tls, &out->tls) && ok;
    const struct bool_value *trust = &source->trust_forward_header;
    *out = (struct model_forward){
        .address = source->address.v,
        .signin = source->signin.v,
        .response_regex = source->response_headers_regex.v,
        .trust = !IS_SET(*trust) ? TRUST_FORWARDED_UNSET
                 : trust->v      ? TRUST_FORWARDED_YES
                                 : TRUST_FORWARDED_NO,
        .request_headers = source->request_headers.v,
        .n_request_headers = source->request_headers.n,
        .response_headers = source->response_headers.v,
        .n_response_headers = source->response_headers.n,
        .cookies = source->add_cookies.v,
        .n_cookies = source->add_cookies.n,
        .send_body = is_true(&source->forward_body),
        .keep_location = is_true(&source->preserve_location),
        .keep_method = is_true(&source->preserve_method),
        .max_body = IS_SET(source->max_body) ? source->max_body.v : -1,
        .max_response = IS_SET(source->max_response_body) ? source->max_response_body.v : -1,
        .tls = out->tls,
        .cache_ns = source->own.cache_ttl.ns,
        .cache_key = source->own.cache_key.v,
        .n_cache_key = source->own.cache_key.n,
    };
    ok = check_cache(b, source, out) && ok;
    if (out->send_body && (out->max_body < 0 || out->max_body > BODY_ROOM))
        diag_report(b->diag, FINDING_LIMITED, source->forward_body.key,
                    "bodies of more than %d kB, headers included, are refused with 413",
                    (int)(BODY_ROOM / 1024));
    return ok;
}
