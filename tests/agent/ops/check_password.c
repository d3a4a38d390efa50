#include "ops/password.h"

#include <stdio.h>

#include "suite.h"

static const struct {
    const char *hash, *password;
    enum password_scheme scheme;
} rights[] = {
    /* htpasswd -nbm, -nbs, -nbB; openssl passwd -1, -apr1 */
    { "$apr1$iOod6HCr$L5.hXenY46AtofuUz75t50", "secret", PASSWORD_MD5_CRYPT },
    { "$apr1$KrS7cyxA$vqH0wnVnLFu6iIpfzNoEv/", "Tr0ub4dor&3", PASSWORD_MD5_CRYPT },
    { "$apr1$jPgiCUID$cFNcDMs65FSj9JsVHfp98.", "pw", PASSWORD_MD5_CRYPT },
    { "{SHA}h0Vy56WuaklGamrFeLmK26eMaqY=", "Tr0ub4dor&3", PASSWORD_SHA1 },
    { "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "", PASSWORD_SHA1 },
    { "$1$abcdefgh$M55TzYaaccxVGbptZWaxX/", "", PASSWORD_MD5_CRYPT },
    /* The test vectors of crypt_blowfish. */
    { "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", PASSWORD_BCRYPT },
    { "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*", PASSWORD_BCRYPT },
    { "$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U", PASSWORD_BCRYPT },
    { "$2x$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", "", PASSWORD_BCRYPT },
    { "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
      PASSWORD_BCRYPT },
    /* As "$2y$" has it: 8-bit characters are not sign-extended, whatever the prefix says. */
    { "$2x$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", "\xa3", PASSWORD_BCRYPT },
    { "$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", "\xa3", PASSWORD_BCRYPT },
};

START_TEST(the_right_password_is_known_and_another_is_not)
{
    struct str hash = str_c(rights[_i].hash), password = str_c(rights[_i].password);
    ck_assert_int_eq(password_scheme(hash), rights[_i].scheme);
    ck_assert(password_check(hash, password));
    ck_assert(!password_check(hash, STR("secrets")));
    ck_assert(!password_check(hash, str_of("U*U\0x", 5)));
    char changed[128];
    memcpy(changed, hash.p, hash.n);
    changed[hash.n - 2] = (char)(changed[hash.n - 2] == 'A' ? 'B' : 'A');
    ck_assert(!password_check(str_of(changed, hash.n), password));
}
END_TEST

/* A magic of any kind: the digest covers it. */
START_TEST(md5_crypt_takes_any_magic)
{
    char digits[MD5_CRYPT_DIGITS], hash[64];
    md5_crypt(STR("secret"), STR("$odd$"), STR("salt"), digits);
    snprintf(hash, sizeof hash, "$odd$salt$%.*s", MD5_CRYPT_DIGITS, digits);
    ck_assert(password_check(str_c(hash), STR("secret")));
    hash[2] = 'x';
    ck_assert(!password_check(str_c(hash), STR("secret")));
}
END_TEST

static const char *const unusable[] = {
    "",
    "secret",
    "$",
    "$$",
    "$$$",
    "$1$",
    "$1$salt",
    "$1$salt$",
    "$apr1$iOod6HCr$L5.hXenY46AtofuUz75t5",
    "$apr1$iOod6HCr$L5.hXenY46AtofuUz75t500",
    "{SHA}",
    "{SHA}short",
    "$2b$",
    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
    "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
    "aQ/cY4v4XJxWs",
};

START_TEST(other_hashes_have_no_password)
{
    struct str hash = str_c(unusable[_i]);
    ck_assert_int_eq(password_scheme(hash), PASSWORD_UNUSABLE);
    ck_assert(!password_check(hash, STR("")));
    ck_assert(!password_check(hash, STR("secret")));
    ck_assert(!password_check(hash, hash));
}
END_TEST

START_TEST(a_bad_cost_of_bcrypt_is_no_crash)
{
    ck_assert(
        !password_check(STR("$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), STR("U*U")));
    ck_assert(
        !password_check(STR("$2b$xx$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), STR("U*U")));
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { the_right_password_is_known_and_another_is_not, ROWS(rights) },
                                     { md5_crypt_takes_any_magic, 0 },
                                     { other_hashes_have_no_password, ROWS(unusable) },
                                     { a_bad_cost_of_bcrypt_is_no_crash, 0 },
                                     { 0 } };
    return run_suite("password", rows);
}
