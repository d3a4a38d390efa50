/* passTLSClientCert (reference/traefik-middlewares.md 3.16). */
#include "route/model_build.h"

struct letter {
    const struct bool_value *wanted;
    char letter;
};

static struct str letters_of(struct build *b, const struct letter *all, size_t n)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < n; i++)
        if (all[i].wanted->v)
            buf_putc(&out, all[i].letter);
    struct str text = arena_copy(b->arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static struct str name_letters(struct build *b, const struct name_parts *n)
{
    const struct letter all[] = { { &n->domain_component, 'D' }, { &n->country, 'C' },
                                  { &n->province, 'T' },         { &n->locality, 'L' },
                                  { &n->organization, 'O' },     { &n->unit, 'U' },
                                  { &n->serial_number, 'S' },    { &n->common_name, 'N' } };
    return letters_of(b, all, sizeof all / sizeof *all);
}

bool model_read_client_cert(struct build *b, const struct pass_client_cert *source, struct model_op *op,
                            bool *idle)
{
    const struct certificate_info *info = &source->info;
    const struct bool_value has_info = { .v = info->key.p != NULL };
    const struct letter all[] = { { &source->pem, 'p' },         { &has_info, 'i' },
                                  { &info->serial_number, 'n' }, { &info->not_before, 'b' },
                                  { &info->not_after, 'a' },     { &info->sans, 's' } };
    op->kind = OP_CLIENT_CERT;
    op->client_cert = (struct model_client_cert){ .what = letters_of(b, all, sizeof all / sizeof *all),
                                                  .subject = name_letters(b, &info->subject),
                                                  .issuer = name_letters(b, &info->issuer) };
    *idle = !source->pem.v && !has_info.v;
    return true;
}
