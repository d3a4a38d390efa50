#include "ops/password.h"

#include <crypt.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/digest.h"

enum {
    BCRYPT_LENGTH = 60, /* "$2b$12$", 22 digits of salt, 31 of hash */
    BCRYPT_HASH_AT = 29,
    BCRYPT_PASSWORD = 72, /* it looks at no more of a password */
    SHA1_DIGITS = 28,     /* in base64 */
};

static const struct str sha_mark = STR("{SHA}");

static bool is_bcrypt(struct str hash)
{
    return hash.n > 4 && hash.p[0] == '$' && hash.p[1] == '2' && strchr("abxy", hash.p[2]) && hash.p[2] &&
           hash.p[3] == '$';
}

/* "$magic$salt$hash": `magic` gets its dollars, too. */
static bool split_md5_crypt(struct str hash, struct str *magic, struct str *salt, struct str *digits)
{
    struct str rest = str_from(hash, 1);
    if (!str_starts(hash, STR("$")))
        return false;
    struct str name = str_cut(&rest, '$');
    *magic = str_head(hash, name.n + 2);
    *salt = str_cut(&rest, '$');
    *digits = rest;
    return rest.p && rest.n == MD5_CRYPT_DIGITS;
}

enum password_scheme password_scheme(struct str hash)
{
    struct str magic, salt, digits;
    if (str_starts(hash, sha_mark))
        return hash.n == sha_mark.n + SHA1_DIGITS ? PASSWORD_SHA1 : PASSWORD_UNUSABLE;
    if (is_bcrypt(hash))
        return hash.n == BCRYPT_LENGTH ? PASSWORD_BCRYPT : PASSWORD_UNUSABLE;
    return split_md5_crypt(hash, &magic, &salt, &digits) ? PASSWORD_MD5_CRYPT : PASSWORD_UNUSABLE;
}

static bool check_sha1(struct str hash, struct str password)
{
    unsigned char bytes[SHA1_SIZE], text[SHA1_DIGITS + 1];
    struct digest sha1 = digest_open("SHA1");
    digest_add(&sha1, password);
    digest_end(&sha1, bytes);
    digest_close(&sha1);
    EVP_EncodeBlock(text, bytes, SHA1_SIZE);
    return secret_equal(str_from(hash, sha_mark.n), str_of((const char *)text, SHA1_DIGITS));
}

/* All spellings of bcrypt are the one algorithm, as in Traefik; crypt(3) would do "$2x$" and "$2a$"
 * otherwise. */
static bool check_bcrypt(struct str hash, struct str password)
{
    char setting[BCRYPT_LENGTH + 1], text[BCRYPT_PASSWORD + 1];
    size_t n = password.n < BCRYPT_PASSWORD ? password.n : BCRYPT_PASSWORD;
    if (n && memchr(password.p, '\0', n))
        return false;
    memcpy(setting, hash.p, BCRYPT_LENGTH);
    setting[BCRYPT_LENGTH] = '\0';
    setting[2] = 'b';
    if (n)
        memcpy(text, password.p, n);
    text[n] = '\0';
    struct crypt_data *data = xmalloc(sizeof *data);
    memset(data, 0, sizeof *data);
    const char *made = crypt_r(text, setting, data);
    /* Only the hash: crypt(3) tidies the unused bits of the salt. */
    bool same = made && strlen(made) == BCRYPT_LENGTH &&
                secret_equal(str_from(str_c(made), BCRYPT_HASH_AT),
                             str_of(setting + BCRYPT_HASH_AT, BCRYPT_LENGTH - BCRYPT_HASH_AT));
    explicit_bzero(data, sizeof *data);
    explicit_bzero(text, sizeof text);
    free(data);
    return same;
}

static bool check_md5_crypt(struct str hash, struct str password)
{
    struct str magic, salt, digits;
    char made[MD5_CRYPT_DIGITS];
    if (!split_md5_crypt(hash, &magic, &salt, &digits))
        return false;
    md5_crypt(password, magic, salt, made);
    return secret_equal(digits, str_of(made, sizeof made));
}

bool password_check(struct str hash, struct str password)
{
    switch (password_scheme(hash)) {
    case PASSWORD_SHA1:
        return check_sha1(hash, password);
    case PASSWORD_BCRYPT:
        return check_bcrypt(hash, password);
    case PASSWORD_MD5_CRYPT:
        return check_md5_crypt(hash, password);
    case PASSWORD_UNUSABLE:
        break;
    }
    return false;
}

static void first_round(struct digest *md5, struct str password, struct str magic, struct str salt,
                        unsigned char out[static MD5_SIZE])
{
    unsigned char mix[MD5_SIZE];
    digest_begin(md5);
    digest_add(md5, password);
    digest_add(md5, salt);
    digest_add(md5, password);
    digest_end(md5, mix);
    digest_begin(md5);
    digest_add(md5, password);
    digest_add(md5, magic);
    digest_add(md5, salt);
    for (size_t left = password.n; left > 0; left -= left < MD5_SIZE ? left : MD5_SIZE)
        digest_add(md5, str_of((const char *)mix, left < MD5_SIZE ? left : MD5_SIZE));
    for (size_t i = password.n; i != 0; i >>= 1)
        digest_add(md5, i & 1 ? str_of("", 1) : str_head(password, 1));
    digest_end(md5, out);
}

void md5_crypt(struct str password, struct str magic, struct str salt, char out[static MD5_CRYPT_DIGITS])
{
    static const unsigned char order[MD5_SIZE] = { 12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11 };
    static const char digits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char state[MD5_SIZE];
    struct str last = str_of((const char *)state, sizeof state);
    struct digest md5 = digest_open("MD5");
    first_round(&md5, password, magic, salt, state);
    for (int i = 0; i < 1000; i++) {
        digest_begin(&md5);
        digest_add(&md5, i & 1 ? password : last);
        if (i % 3 != 0)
            digest_add(&md5, salt);
        if (i % 7 != 0)
            digest_add(&md5, password);
        digest_add(&md5, i & 1 ? last : password);
        digest_end(&md5, state);
    }
    digest_close(&md5);
    unsigned value = 0, bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < MD5_SIZE; i++) {
        value |= (unsigned)state[order[i]] << bits;
        for (bits += 8; bits > 6; bits -= 6, value >>= 6)
            out[n++] = digits[value & 63];
    }
    out[n] = digits[value & 63];
}
