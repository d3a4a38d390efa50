#include "route/model_build.h"

/* A certificate or key: PEM text, or the path of a file that holds it. Neither text nor contents go into a
 * finding: it may be a key. */
static bool read_pem(struct build *b, const struct text_value *value, const char *what, struct str *out)
{
    static const struct str mark = STR("-----BEGIN ");
    struct str contents = value->v;
    const struct file_view *files = b->settings->files;
    if (value->v.n == 0)
        return true;
    bool is_text = str_search(value->v, mark) != SIZE_MAX;
    if (!is_text && (!files || !files->read(files->context, value->v, &contents))) {
        diag_report(b->diag, FINDING_BAD_OBJECT, value->key, "%s: the file cannot be read", what);
        return false;
    }
    if (str_search(contents, mark) == SIZE_MAX) {
        diag_report(b->diag, FINDING_BAD_OBJECT, value->key, "%s: nothing in PEM form", what);
        return false;
    }
    *out = arena_copy(b->arena, contents);
    return true;
}

bool model_read_tls_client(struct build *b, const struct tls_client_value *source,
                           struct model_tls_client *out)
{
    bool ok = read_pem(b, &source->ca, "authorities", &out->ca);
    ok = read_pem(b, &source->cert, "certificate", &out->cert) && ok;
    ok = read_pem(b, &source->private_key, "key", &out->key) && ok;
    out->insecure = IS_SET(source->insecure_skip_verify) && source->insecure_skip_verify.v;
    if (ok && (out->cert.n > 0) != (out->key.n > 0)) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key, "a certificate and its key belong together");
        ok = false;
    }
    return ok;
}
