#include "ops/credentials.h"

/* The value of a digit, or -1. */
static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Standard base64, padded; SIZE_MAX where it is not, or longer than `room`. */
static size_t decode(struct str text, char *out, size_t room)
{
    size_t n = 0, padding = str_ends(text, STR("==")) ? 2 : str_ends(text, STR("=")) ? 1 : 0;
    if (text.n % 4 != 0 || text.n / 4 * 3 > room)
        return SIZE_MAX;
    for (size_t i = 0; i < text.n; i += 4) {
        unsigned word = 0;
        size_t missing = i + 4 == text.n ? padding : 0;
        for (size_t j = 0; j < 4; j++) {
            int value = j < 4 - missing ? digit_value(text.p[i + j]) : 0;
            if (value < 0)
                return SIZE_MAX;
            word = word << 6 | (unsigned)value;
        }
        for (size_t j = 0; j < 3 - missing; j++)
            out[n++] = (char)(word >> (16 - 8 * j));
    }
    return n;
}

bool credentials_read(struct str header, struct credentials *out)
{
    static const struct str scheme = STR("Basic ");
    out->user = out->password = STR("");
    if (!str_eq_nocase(str_head(header, scheme.n), scheme))
        return false;
    size_t n = decode(str_from(header, scheme.n), out->bytes, sizeof out->bytes);
    if (n == SIZE_MAX)
        return false;
    struct str all = str_of(out->bytes, n);
    size_t colon = str_find(all, ':');
    if (colon == n)
        return false;
    out->user = str_head(all, colon);
    out->password = str_from(all, colon + 1);
    return true;
}
