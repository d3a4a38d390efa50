#include "route/model_build.h"

#include "base/vec.h"

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
                        "user %zu %s is not %s", in_file ? i + 1 : i - n_lines + 1, in_file ? "of the file" : "of the list",
                        form);
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
    for (size_t i = 0; i < value->v.n; i++)
        if ((unsigned char)value->v.p[i] < ' ' || value->v.p[i] == 0x7f) {
            diag_report(b->diag, FINDING_BAD_VALUE, value->key, "a control byte cannot stand in a header");
            return false;
        }
    return true;
}

/* A header's name: letters, digits and what RFC 9110 calls a token. */
static bool check_name(struct build *b, struct str key, struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = ascii_lower(name.p[i]);
        if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) {
            report_text(b, FINDING_BAD_VALUE, key, name, NULL, "this is no name of a header");
            return false;
        }
    }
    return true;
}

static bool read_password_auth(struct build *b, const struct password_auth *source, size_t colons, const char *form,
                               struct model_op *op)
{
    enum { LONGEST_REALM = 400 };
    struct model_auth *out = ARENA_NEW(b->arena, struct model_auth);
    bool ok = check_plain(b, &source->realm);
    ok = check_name(b, source->header_field.key, source->header_field.v) && ok;
    if (source->realm.v.n > LONGEST_REALM) {
        diag_report(b->diag, FINDING_BAD_VALUE, source->realm.key, "a realm has at most %d bytes", LONGEST_REALM);
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
