/* digestAuth (Traefik's, reference/traefik-middlewares.md 3.8), with its holes closed: an unknown user never
 * verifies, a count of 0 is none, and "uri" is the request's own target or its path. */
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/hash.h"
#include "base/hex.h"
#include "ops/digest.h"
#include "ops/digest_params.h"
#include "ops/fields.h"
#include "ops/nonces.h"
#include "ops/op.h"
#include "ops/siphash.h"
#include "ops/verdict.h"

static bool parse(struct json_object *from, struct op *op, char error[static 256])
{
    struct field fields[] = { { "op", json_type_string, true, NULL },
                              { "users", json_type_array, true, NULL },
                              { "realm", json_type_string, true, NULL },
                              { "header", json_type_string, false, NULL },
                              { "remove", json_type_boolean, false, NULL } };
    struct digest_auth *out = &op->digest_auth;
    if (!fields_read(from, fields, 5, error) || !users_read(fields[1].value, &out->users, error))
        return false;
    out->realm = str_own(field_str(fields[2].value));
    out->header = str_own(fields[3].value ? field_str(fields[3].value) : STR(""));
    out->remove = fields[4].value && json_object_get_boolean(fields[4].value);
    sha256_hex(str_c(json_object_to_json_string(from)), out->instance, DIGEST_INSTANCE);
    if (out->realm.n > VERDICT_TEXT - 200)
        snprintf(error, 256, "the realm is too long");
    return out->realm.n <= VERDICT_TEXT - 200;
}

static void fini(struct op *op)
{
    users_fini(&op->digest_auth.users);
    free((char *)op->digest_auth.realm.p);
    free((char *)op->digest_auth.header.p);
}

static struct str instance_of(const struct digest_auth *d)
{
    return str_of(d->instance, DIGEST_INSTANCE);
}

static enum op_result refuse(const struct digest_auth *a, struct decision *d, const char *why, bool stale)
{
    char nonce[NONCE_LENGTH], opaque[NONCE_LENGTH], text[VERDICT_TEXT];
    nonces_make(d->tools->nonces, instance_of(a), d->now_ns, nonce);
    nonces_opaque(d->tools->nonces, instance_of(a), opaque);
    int n = snprintf(
        text, sizeof text,
        "Digest realm=\"%.*s\", nonce=\"%.*s\", opaque=\"%.*s\", %salgorithm=\"MD5\", qop=\"auth\"",
        STR_ARG(a->realm), NONCE_LENGTH, nonce, NONCE_LENGTH, opaque, stale ? "stale=\"true\", " : "");
    verdict_refuse(d->verdict, digest_auth_op.name, 401, "401 Unauthorized\n");
    d->verdict->why = why;
    verdict_add_header(d->verdict, "WWW-Authenticate", str_of(text, (size_t)n));
    return OP_REFUSE;
}

/* The byte at the front of a path, taken off; *coded: it stood there as a code, which is not the same as its
 * byte. */
static char take_byte(struct str *path, bool *coded)
{
    bool code = escape_is_code(*path, 0);
    char c = code ? escape_byte(*path, 0) : path->p[0];
    *coded = code && c && strchr(":/?#[]@!$&'()*+,;=%", c);
    *path = str_from(*path, code ? 3 : 1);
    return c;
}

/* Whether two paths are one, however their codes are written: the entry point brings the request's into
 * normal form, and the client has computed with its own. */
static bool is_same_path(struct str a, struct str b)
{
    bool a_coded = false, b_coded = false, same = true;
    while (same && a.n && b.n)
        same = take_byte(&a, &a_coded) == take_byte(&b, &b_coded) && a_coded == b_coded;
    return same && a.n == b.n;
}

/* Whether two queries are one. A ';' has become '&', or "%3B", on its way here (compiler/route/settings.h
 * encode_semicolons). */
static bool is_same_query(struct str here, struct str sent)
{
    bool same = true;
    while (same && sent.n) {
        bool coded = sent.p[0] == ';' && str_starts(here, STR("%3B"));
        same = coded || (here.n && (sent.p[0] == here.p[0] || (sent.p[0] == ';' && here.p[0] == '&')));
        here = str_from(here, coded ? 3 : 1);
        sent = str_from(sent, 1);
    }
    return same && here.n == 0;
}

/* Old clients leave the query out. */
static bool is_own_target(const struct request *request, struct str uri)
{
    size_t query = str_find(request->url, '?'), given = str_find(uri, '?');
    return uri.n > 0 && is_same_path(str_head(request->url, query), str_head(uri, given)) &&
           (given == uri.n || is_same_query(str_from(request->url, query), str_from(uri, given)));
}

/* MD5(name:realm:password) of the user, or of nobody: then something that no answer is made from. */
static bool secret_of(const struct digest_auth *a, struct str name, struct str *out)
{
    static const struct str nobody = STR("x7a81aed563bc2b26ce4fb97054bf620");
    struct buf key = { 0 };
    buf_put(&key, name);
    buf_putc(&key, ':');
    buf_put(&key, a->realm);
    const struct user *user = users_find(&a->users, buf_str(&key));
    buf_fini(&key);
    *out = user && user->secret.n ? user->secret : nobody;
    return user && user->secret.n > 0;
}

static bool verify(const struct digest_auth *a, const struct request *request,
                   const struct digest_params *given)
{
    char ha2[MD5_DIGITS], expected[MD5_DIGITS];
    struct str secret;
    bool known = secret_of(a, given->username, &secret);
    struct digest md5 = digest_open("MD5");
    md5_joined(&md5, (const struct str[]){ request->method, given->uri }, 2, ha2);
    md5_joined(&md5,
               (const struct str[]){ secret, given->nonce, given->nc, given->cnonce, given->qop,
                                     str_of(ha2, MD5_DIGITS) },
               6, expected);
    digest_close(&md5);
    bool same = secret_equal(given->response, str_of(expected, MD5_DIGITS));
    return same && known;
}

static uint64_t count_of(struct str nc)
{
    uint64_t count = 0;
    if (nc.n == 0 || nc.n > 16)
        return 0;
    for (size_t i = 0; i < nc.n; i++) {
        int digit = hex_value(nc.p[i]);
        if (digit < 0)
            return 0;
        count = count << 4 | (uint64_t)digit;
    }
    return count;
}

static enum op_result run(const struct op *op, struct decision *d)
{
    const struct digest_auth *a = &op->digest_auth;
    struct digest_params given;
    char opaque[NONCE_LENGTH];
    if (!digest_params_read(request_authorization(&d->request), &given))
        return refuse(a, d, "no digest", false);
    nonces_opaque(d->tools->nonces, instance_of(a), opaque);
    bool fits = secret_equal(given.opaque, str_of(opaque, NONCE_LENGTH)) && str_eq(given.qop, STR("auth")) &&
                (!given.algorithm.p || str_eq(given.algorithm, STR("MD5"))) &&
                is_own_target(&d->request, given.uri);
    if (!fits || !verify(a, &d->request, &given))
        return refuse(a, d, fits ? "unknown user or wrong password" : "a digest of something else", false);
    enum nonce_state state =
        nonces_use(d->tools->nonces, instance_of(a), given.nonce, count_of(given.nc), d->now_ns);
    if (state != NONCE_GOOD)
        return refuse(
            a, d, state == NONCE_STALE ? "the nonce is stale" : "the nonce is unknown, or its count was used",
            state == NONCE_STALE);
    verdict_hand_on_user(d->verdict, given.username, a->header, a->remove);
    return OP_PASS;
}

const struct op_type digest_auth_op = { NUMBER_DIGEST_AUTH, "digestAuth", parse, fini, run, NULL };
