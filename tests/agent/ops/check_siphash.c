#include "ops/siphash.h"

#include <stdlib.h>

#include "suite.h"

/* Key 00 01 … 0f, message 00 01 … of length i: from the authors' reference implementation (vectors_sip64). */
static const struct siphash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
static const uint64_t vectors[] = {
    0x726fdb47dd0e0e31u, 0x74f839c593dc67fdu, 0x0d6c8009d9a94f5au, 0x85676696d7fb7e2du,
    0xcf2794e0277187b7u, 0x18765564cd99a68du, 0xcbc9466e58fee3ceu, 0xab0200f58b01d137u,
    0x93f5f5799a932462u, 0x9e0082df0ba9e4b0u, 0x7a5dbbc594ddb9f3u, 0xf4b32f46226bada7u,
    0x751e8fbc860ee5fbu, 0x14ea5627c0843d90u, 0xf723ca908e7af2eeu, 0xa129ca6149be45e5u,
};
static const char message[] = "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17";

START_TEST(it_is_the_published_function)
{
    ck_assert_uint_eq(siphash(&key, str_of(message, (size_t)_i)), vectors[_i]);
}
END_TEST

START_TEST(a_pair_is_hashed_as_its_bytes_in_a_row)
{
    char joined[8 + 15] = { (char)_i };
    memcpy(joined + 8, message, 15);
    uint64_t whole = siphash(&key, str_of(joined, sizeof joined));
    struct str a = str_of(message, (size_t)_i), b = str_of(message + _i, 15 - (size_t)_i);
    ck_assert_uint_eq(siphash_pair(&key, (uint64_t)_i, a, b), whole);
}
END_TEST

START_TEST(pairs_that_join_to_the_same_bytes_differ)
{
    ck_assert_uint_ne(siphash_pair(&key, 1, STR("a"), STR("bc")), siphash_pair(&key, 2, STR("ab"), STR("c")));
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { it_is_the_published_function, ROWS(vectors) },
        { a_pair_is_hashed_as_its_bytes_in_a_row, 16 },
        { pairs_that_join_to_the_same_bytes_differ, 0 },
        { NULL, 0 },
    };
    return run_suite("siphash", tests);
}
