#include "base/quote.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

typedef void (*quote_fn)(struct buf *out, struct str s);

static const struct {
    quote_fn quote;
    struct str text;
    const char *want;
} exact[] = {
    { quote_name, STR("Api-1.example_com"), "Api-1.example_com" },
    { quote_name, STR("a b/c:d@etcd"), "a:20b:2Fc:3Ad:40etcd" },
    { quote_name, STR("\xc3\xa4\n\0"), ":C3:A4:0A:00" },
    { quote_name, STR(""), "" },
    { quote_word, STR("plain-word_1.2:3/4@x,y+z=%~*?()[]|<>!^&"), "plain-word_1.2:3/4@x,y+z=%~*?()[]|<>!^&" },
    { quote_word, STR(""), "\"\"" },
    { quote_word, STR("two words"), "\"two words\"" },
    { quote_word, STR("#no comment"), "\"#no comment\"" },
    { quote_word, STR("it's"), "\"it's\"" },
    { quote_word, STR("\"$HOME\\"), "\"\\\"\\$HOME\\\\\"" },
    { quote_word, STR("a\nglobal\r\t\x7f"), "\"a\\x0aglobal\\x0d\\x09\\x7f\"" },
    { quote_word, STR("a\0b"), "\"ab\"" },
    { quote_word, STR("\0"), "\"\"" },
    { quote_word, STR("\xc3\xa4"), "\"\xc3\xa4\"" },
    { quote_word, STR("${A}`;{}"), "\"\\${A}`;{}\"" },
    { quote_command, STR("plain"), "plain" },
    { quote_command, STR("a b;c\\d#e"), "a\\ b\\;c\\\\d\\#e" },
    { quote_command, STR("x\nshow info\r\0"), "x?show\\ info??" },
    { quote_command, STR("\t"), "\\\t" },
    { quote_map_key, STR("example.com/a?b;c"), "example.com/a?b;c" },
    { quote_map_key, STR("#a#"), "%23a#" },
    { quote_map_key, STR("a b\tc\nd\0\x7f"), "a%20b%09c%0Ad%00%7F" },
    { quote_map_key, STR("\xc3\xa4"), "\xc3\xa4" },
    { quote_field, STR("svc-1@etcd"), "svc-1@etcd" },
    { quote_field, STR("a;b%c?d\"e\\f g\n"), "a%3Bb%25c%3Fd%22e%5Cf%20g%0A" },
    { quote_field, STR("\0"), "%00" },
};

START_TEST(known_texts_are_quoted_as_written_down)
{
    struct buf out = { 0 };
    buf_puts(&out, "");
    exact[_i].quote(&out, exact[_i].text);
    ck_assert_str_eq(out.p, exact[_i].want);
    buf_fini(&out);
}
END_TEST

/* Below: any bytes in, and the reader of the other side, as its manual describes it, gets them back. */

enum { LONGEST = 24, ROUNDS = 3000 };

struct random_text {
    uint64_t state;
    char bytes[LONGEST];
    struct str text;
};

/* Any bytes at all, but those with a meaning somewhere more often. */
static void next_text(struct random_text *r)
{
    static const char special[] = "\0\n\r\t \"'\\$#;%?:{}x0a41/";
    r->text.n = 0;
    for (size_t n = 1; n; n = r->text.n < LONGEST && r->state % 16) {
        r->state ^= r->state << 13;
        r->state ^= r->state >> 7;
        r->state ^= r->state << 17;
        unsigned pick = (unsigned)(r->state >> 24);
        r->bytes[r->text.n++] = pick & 1 ? special[(pick >> 1) % (sizeof special - 1)] : (char)(pick >> 1);
    }
    r->text.p = r->bytes;
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, tolower(c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Undoes lead + two hexadecimal digits. */
static void decode_hex(struct buf *out, struct str s, char lead)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != lead) {
            buf_putc(out, s.p[i]);
            continue;
        }
        ck_assert_uint_lt(i + 2, s.n);
        ck_assert_int_ge(hex_value(s.p[i + 1]), 0);
        ck_assert_int_ge(hex_value(s.p[i + 2]), 0);
        buf_putc(out, (char)(hex_value(s.p[i + 1]) * 16 + hex_value(s.p[i + 2])));
        i += 2;
    }
}

/* One word as HAProxy's configuration reads it: double quotes, in which backslashes escape. */
static void decode_word(struct buf *out, struct str s)
{
    bool quoted = s.n && s.p[0] == '"';
    ck_assert_uint_gt(s.n, 0);
    for (size_t i = quoted; i < s.n; i++) {
        char c = s.p[i];
        if (c == '"') {
            ck_assert(quoted);
            ck_assert_uint_eq(i, s.n - 1);
            return;
        }
        ck_assert(!iscntrl((unsigned char)c));
        ck_assert(c != '$');
        ck_assert(quoted || !strchr(" #'\\", c));
        if (c == '\\') {
            ck_assert_uint_lt(i + 1, s.n);
            c = s.p[++i];
            if (c == 'x') {
                ck_assert_uint_lt(i + 2, s.n);
                c = (char)(hex_value(s.p[i + 1]) * 16 + hex_value(s.p[i + 2]));
                i += 2;
            } else {
                ck_assert_ptr_nonnull(memchr("\"\\$", c, 3));
            }
        }
        buf_putc(out, c);
    }
    ck_assert(!quoted);
}

/* One word of a runtime command: it ends at a blank or ';' that no backslash precedes. */
static void decode_command(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        ck_assert(!strchr(" ;\n\r#", s.p[i]));
        if (s.p[i] == '\\')
            ck_assert_uint_lt(++i, s.n);
        ck_assert(s.p[i] != '\n' && s.p[i] != '\r' && s.p[i] != '\0');
        buf_putc(out, s.p[i]);
    }
}

static struct str expected(struct buf *out, struct str s, const char *replaced, size_t n, char by)
{
    for (size_t i = 0; i < s.n; i++)
        if (!memchr(replaced, s.p[i], n))
            buf_putc(out, s.p[i]);
        else if (by)
            buf_putc(out, by);
    return buf_str(out);
}

static void check_text(struct str text)
{
    struct buf quoted = { 0 }, back = { 0 }, want = { 0 };

    quote_name(&quoted, text);
    for (size_t i = 0; i < quoted.n; i++)
        ck_assert(isalnum((unsigned char)quoted.p[i]) || memchr("._-:", quoted.p[i], 4));
    decode_hex(&back, buf_str(&quoted), ':');
    ck_assert(str_eq(buf_str(&back), text));

    buf_reset(&quoted), buf_reset(&back);
    quote_word(&quoted, text);
    decode_word(&back, buf_str(&quoted));
    ck_assert(str_eq(buf_str(&back), expected(&want, text, "\0", 1, 0)));

    buf_reset(&quoted), buf_reset(&back), buf_reset(&want);
    quote_command(&quoted, text);
    decode_command(&back, buf_str(&quoted));
    ck_assert(str_eq(buf_str(&back), expected(&want, text, "\0\n\r", 3, '?')));

    buf_reset(&quoted);
    quote_map_key(&quoted, text);
    ck_assert(quoted.p[0] != '#');
    for (size_t i = 0; i < quoted.n; i++)
        ck_assert(!iscntrl((unsigned char)quoted.p[i]) && quoted.p[i] != ' ');

    buf_reset(&quoted), buf_reset(&back);
    quote_field(&quoted, text);
    for (size_t i = 0; i < quoted.n; i++)
        ck_assert(!iscntrl((unsigned char)quoted.p[i]) && !strchr(" ;?\"\\", quoted.p[i]));
    decode_hex(&back, buf_str(&quoted), '%');
    ck_assert(str_eq(buf_str(&back), text));

    buf_fini(&quoted), buf_fini(&back), buf_fini(&want);
}

START_TEST(any_bytes_come_back_and_none_break_out)
{
    struct random_text r = { .state = 0x9e3779b97f4a7c15u };
    for (int i = 0; i < ROUNDS; i++) {
        next_text(&r);
        check_text(r.text);
    }
}
END_TEST

START_TEST(every_single_byte_comes_back)
{
    char c = (char)_i;
    check_text(str_of(&c, 1));
}
END_TEST

START_TEST(a_limit_is_kept_and_told)
{
    static const quote_fn all[] = { quote_name,    quote_word,  quote_command,
                                    quote_map_key, quote_field, quote_label };
    struct buf out = buf_make(10);
    all[_i](&out, STR("\n\n\n\n \n\n\n\n\n\n\n"));
    ck_assert(out.failed);
    ck_assert_uint_le(out.n, 10);
    buf_fini(&out);
}
END_TEST

START_TEST(names_are_unquoted_and_nothing_else)
{
    static const struct str refused[] = { { "a b", 3 },  { "a:2", 3 }, { "a:2f", 4 },
                                          { "a:61", 4 }, { ":", 1 },   { "\xc3", 1 } };
    struct buf quoted = { 0 }, back = { 0 };
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    quote_name(&quoted, str_of(all, sizeof all));
    ck_assert(unquote_name(&back, buf_str(&quoted)));
    ck_assert(str_eq(buf_str(&back), str_of(all, sizeof all)));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        ck_assert_msg(!unquote_name(&back, refused[i]), "%.*s", STR_ARG(refused[i]));
    buf_fini(&quoted);
    buf_fini(&back);
}
END_TEST

START_TEST(labels_hold_no_mark_of_labels)
{
    struct random_text r = { .state = 0x13198a2e03707344u };
    struct buf quoted = { 0 }, back = { 0 };
    quote_label(&quoted, STR("X-a_b.9=/:? %\xc3"));
    ck_assert_str_eq(quoted.p, "X-a_b.9%3D%2F%3A%3F%20%25%C3");
    for (int i = 0; i < ROUNDS; i++) {
        next_text(&r);
        buf_reset(&quoted), buf_reset(&back);
        quote_label(&quoted, r.text);
        for (size_t j = 0; j < quoted.n; j++)
            ck_assert(isalnum((unsigned char)quoted.p[j]) || memchr("._-%", quoted.p[j], 4));
        decode_hex(&back, buf_str(&quoted), '%');
        ck_assert(str_eq(buf_str(&back), r.text));
    }
    buf_fini(&quoted), buf_fini(&back);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/quote");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_loop_test(all, known_texts_are_quoted_as_written_down, 0, sizeof exact / sizeof *exact);
    tcase_add_test(all, any_bytes_come_back_and_none_break_out);
    tcase_add_test(all, labels_hold_no_mark_of_labels);
    tcase_add_test(all, names_are_unquoted_and_nothing_else);
    tcase_add_loop_test(all, every_single_byte_comes_back, 0, 256);
    tcase_add_loop_test(all, a_limit_is_kept_and_told, 0, 6);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
