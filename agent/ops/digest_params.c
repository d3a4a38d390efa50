#include "ops/digest_params.h"

#include <stddef.h>

/* One element off the front of the list, its backslashes resolved, to `at`; returns its length. */
static size_t take_element(struct str *list, char *at)
{
    bool quoted = false;
    size_t n = 0, i = 0;
    for (; i < list->n && (quoted || list->p[i] != ','); i++) {
        if (quoted && list->p[i] == '\\') {
            if (++i < list->n)
                at[n++] = list->p[i];
            else
                break;
            continue;
        }
        if (list->p[i] == '"')
            quoted = !quoted;
        at[n++] = list->p[i];
    }
    *list = str_from(*list, i + 1);
    return n;
}

static void keep(struct digest_params *out, struct str name, struct str value)
{
    static const struct {
        struct str name;
        size_t at;
    } known[] = {
#define PARAM(member) { STR(#member), offsetof(struct digest_params, member) }
        PARAM(username),  PARAM(realm), PARAM(nonce), PARAM(uri),    PARAM(response),
        PARAM(algorithm), PARAM(qop),   PARAM(nc),    PARAM(cnonce), PARAM(opaque),
#undef PARAM
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(name, known[i].name))
            *(struct str *)(void *)((char *)out + known[i].at) = value;
}

bool digest_params_read(struct str header, struct digest_params *out)
{
    static const struct str scheme = STR("Digest ");
    memset(out, 0, offsetof(struct digest_params, bytes));
    if (!str_starts(header, scheme) || header.n > sizeof out->bytes)
        return false;
    struct str list = str_trim(str_from(header, scheme.n));
    for (size_t used = 0; list.n > 0;) {
        char *at = out->bytes + used; /* what is written is never longer than what is read */
        size_t n = take_element(&list, at);
        used += n;
        struct str element = str_trim(str_of(at, n));
        size_t equals = str_find(element, '=');
        struct str value = str_from(element, equals + 1);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = str_of(value.p + 1, value.n - 2);
        keep(out, str_head(element, equals), value.p ? value : STR(""));
    }
    return true;
}
