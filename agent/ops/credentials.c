#include "ops/credentials.h"

#include "base/base64.h"

bool credentials_read(struct str header, struct credentials *out)
{
    static const struct str scheme = STR("Basic ");
    out->user = out->password = STR("");
    if (!str_eq_nocase(str_head(header, scheme.n), scheme))
        return false;
    struct str text = str_from(header, scheme.n);
    size_t n;
    if (text.n % 4 != 0 || text.n / 4 * 3 > sizeof out->bytes || !base64_read(text, out->bytes, &n))
        return false;
    struct str all = str_of(out->bytes, n);
    size_t colon = str_find(all, ':');
    if (colon == n)
        return false;
    out->user = str_head(all, colon);
    out->password = str_from(all, colon + 1);
    return true;
}
