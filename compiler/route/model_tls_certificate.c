/* Certificates for clients (reference/traefik-edge.md 1.4): one that cannot be read costs only itself. */
#include <stdlib.h>

#include "base/vec.h"
#include "route/model_build.h"
#include "route/pem_cache.h"

/* A path, or PEM text. Neither goes into a finding: it may be a key. */
bool model_read_contents(struct build *b, struct str text, struct str *out)
{
    const struct file_view *files = b->settings->files;
    *out = text;
    return str_search(text, STR("-----BEGIN ")) != SIZE_MAX ||
           (text.n && files && files->read(files->context, text, out));
}

/* Fills identity and names; why there are none, or NULL. */
static const char *read_pair(struct build *b, struct str cert_file, struct str key_file,
                             struct model_certificate *out)
{
    struct str certificate, key;
    if (!model_read_contents(b, cert_file, &certificate))
        return "there is no certificate in it, or no such file";
    if (!model_read_contents(b, key_file, &key))
        return "its private key cannot be read";
    return pem_cache_read(b->settings->pems, b->arena, certificate, key, &out->identity, &out->names,
                          &out->n_names);
}

static bool is_served(const struct tls_certificate *source)
{
    bool served = source->stores.n == 0;
    for (size_t i = 0; i < source->stores.n; i++)
        served = served || str_eq(source->stores.v[i], STR("default"));
    return served;
}

typedef VEC(struct model_certificate) certificate_vec;

/* Of equal names the first certificate counts. */
static void add_certificate(struct build *b, const struct tls_certificate *source, struct strmap *known,
                            certificate_vec *list)
{
    struct model_certificate new = { .key = source->object.key };
    if (source->object.broken || !is_served(source))
        return;
    const char *fault = read_pair(b, source->cert_file.v, source->key_file.v, &new);
    if (fault) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->object.key, "the certificate is left out: %s",
                    fault);
        return;
    }
    struct buf order = { 0 };
    for (size_t i = 0; i < new.n_names; i++)
        buf_printf(&order, "%s%.*s", i ? "," : "", STR_ARG(new.names[i]));
    new.order = arena_copy(b->arena, buf_str(&order));
    buf_fini(&order);
    if (strmap_get(known, new.order)) {
        diag_report(b->diag, FINDING_DUPLICATE_KEY, source->object.key,
                    "another certificate has the same names: that one is served");
        return;
    }
    strmap_put(known, new.order, b);
    vec_push(list, new);
}

/* Backwards, as Traefik goes through them. */
static int compare_orders(const void *a, const void *b)
{
    return str_cmp(((const struct model_certificate *)b)->order,
                   ((const struct model_certificate *)a)->order);
}

static void read_store(struct build *b, const struct tls_store *store, struct model_tls *out)
{
    const struct tls_pair *pair = &store->default_certificate;
    struct model_certificate read = { 0 };
    if (!str_eq(store->object.name, STR("default")) || store->object.broken || !pair->key.p)
        return;
    const char *fault = read_pair(b, pair->cert_file.v, pair->key_file.v, &read);
    if (fault)
        diag_report(b->diag, FINDING_BAD_OBJECT, pair->key,
                    "the default certificate is a self-signed one: %s", fault);
    else
        out->default_identity = read.identity;
}

void tls_certificates_build(struct build *b, struct model_tls *out)
{
    struct strmap *known = strmap_create(b->scratch, 16);
    certificate_vec list = { 0 };
    size_t n_stores = 0;
    for (size_t i = 0; i < b->n_spaces; i++) {
        const struct tls_section *tls = &b->spaces[i].tree->tls;
        for (size_t j = 0; j < tls->n_certificates; j++)
            add_certificate(b, &tls->certificates[j], known, &list);
        for (size_t j = 0; j < tls->n_stores; j++) {
            read_store(b, &tls->stores[j], out);
            n_stores += str_eq(tls->stores[j].object.name, STR("default"));
        }
    }
    if (n_stores > 1) {
        diag_report(
            b->diag, FINDING_BAD_OBJECT, STR("tls/stores/default"),
            "the default store is given by two providers: the default certificate is a self-signed one");
        out->default_identity = (struct str){ 0 };
    }
    if (list.n)
        qsort(list.p, list.n, sizeof *list.p, compare_orders);
    struct model_certificate *certificates = ARENA_ARRAY(b->arena, struct model_certificate, list.n);
    if (list.n)
        memcpy(certificates, list.p, list.n * sizeof *certificates);
    out->certificates = certificates;
    out->n_certificates = list.n;
    vec_fini(&list);
}
