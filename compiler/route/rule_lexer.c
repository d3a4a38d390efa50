#include "route/rule_lexer.h"

/* Go's names may have any letters; those of matchers are ASCII. */
static bool is_name_start(char c)
{
    return ascii_is_letter(c) || c == '_';
}

/* Length of the UTF-8 sequence at the start of s (RFC 3629), 0 where there is none. */
static size_t sequence_length(struct str s)
{
    unsigned char c = (unsigned char)s.p[0], next = s.n > 1 ? (unsigned char)s.p[1] : 0;
    size_t n = c < 0x80                ? 1
               : c >= 0xc2 && c < 0xe0 ? 2
               : c >= 0xe0 && c < 0xf0 ? 3
               : c >= 0xf0 && c < 0xf5 ? 4
                                       : 0;
    if (n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)s.p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (c == 0xe0 && next < 0xa0) || (c == 0xf0 && next < 0x90);
    bool outside = (c == 0xed && next > 0x9f) || (c == 0xf4 && next > 0x8f);
    return overlong || outside ? 0 : n;
}

size_t rule_text_fault(struct str text)
{
    const struct str mark = STR("\xef\xbb\xbf");
    for (size_t i = 0; i < text.n;) {
        if (text.p[i] != '\0' && (unsigned char)text.p[i] < 0x80) {
            i++;
            continue;
        }
        size_t n = sequence_length(str_from(text, i));
        if (n == 0 || text.p[i] == '\0' || (i > 0 && str_starts(str_from(text, i), mark)))
            return i;
        i += n;
    }
    return text.n;
}

/* Moves over blanks and comments. Returns the offset of the first line end among them, or SIZE_MAX; a comment
 * to the end of the line counts up to its line end. *open is where a comment begins that has no end, else
 * SIZE_MAX. */
static size_t skip_blanks(struct rule_lexer *lexer, size_t *open)
{
    struct str text = lexer->text;
    size_t line_end = SIZE_MAX;
    *open = SIZE_MAX;
    for (;;) {
        struct str rest = str_from(text, lexer->at);
        size_t n = 1;
        if (rest.n == 0)
            return line_end;
        if (str_starts(rest, STR("//"))) {
            n = str_find(rest, '\n');
        } else if (str_starts(rest, STR("/*"))) {
            n = str_search(str_from(rest, 2), STR("*/"));
            if (n == SIZE_MAX) {
                *open = lexer->at;
                return line_end;
            }
            n += 4;
        } else if (rest.p[0] != ' ' && rest.p[0] != '\t' && rest.p[0] != '\r' && rest.p[0] != '\n') {
            return line_end;
        }
        size_t newline = str_find(str_head(rest, n), '\n');
        if (newline < n && line_end == SIZE_MAX)
            line_end = lexer->at + newline;
        lexer->at += n;
    }
}

static struct rule_token token_make(struct rule_lexer *lexer, enum rule_token_kind kind, size_t length)
{
    struct rule_token token = { .kind = kind, .at = lexer->at, .length = length };
    lexer->at += length;
    lexer->line_ends = kind == TOKEN_NAME || kind == TOKEN_STRING || kind == TOKEN_CLOSE;
    return token;
}

static struct rule_token token_fault(size_t at, size_t length, const char *fault, const char *expected)
{
    return (struct rule_token){
        .kind = TOKEN_FAULT, .at = at, .length = length, .fault = fault, .expected = expected
    };
}

static struct rule_token string_token(struct rule_lexer *lexer)
{
    size_t end = rule_string_end(lexer->text, lexer->at);
    if (end)
        return token_make(lexer, TOKEN_STRING, end - lexer->at);
    bool raw = lexer->text.p[lexer->at] == '`';
    return token_fault(lexer->at, 1, "the string that begins here has no end",
                       raw ? "a closing backtick" : "a closing double quote on the same line");
}

static struct rule_token name_token(struct rule_lexer *lexer)
{
    struct str rest = str_from(lexer->text, lexer->at);
    size_t n = 1;
    while (n < rest.n && (is_name_start(rest.p[n]) || ascii_is_digit(rest.p[n])))
        n++;
    return token_make(lexer, TOKEN_NAME, n);
}

struct rule_token rule_lexer_next(struct rule_lexer *lexer)
{
    if (lexer->at == 0 && str_starts(lexer->text, STR("\xef\xbb\xbf")))
        lexer->at = 3;
    size_t open, line_end = skip_blanks(lexer, &open);
    if (open != SIZE_MAX)
        return token_fault(open, 2, "the comment that begins here has no end", "*/");
    if (lexer->line_ends && line_end != SIZE_MAX) {
        lexer->line_ends = false;
        return (struct rule_token){ .kind = TOKEN_NEWLINE, .at = line_end, .length = 1 };
    }
    struct str rest = str_from(lexer->text, lexer->at);
    if (rest.n == 0)
        return token_make(lexer, TOKEN_END, 0);
    if (str_starts(rest, STR("&&")))
        return token_make(lexer, TOKEN_AND, 2);
    if (str_starts(rest, STR("||")))
        return token_make(lexer, TOKEN_OR, 2);
    switch (rest.p[0]) {
    case '!':
        return token_make(lexer, TOKEN_NOT, 1);
    case '(':
        return token_make(lexer, TOKEN_OPEN, 1);
    case ')':
        return token_make(lexer, TOKEN_CLOSE, 1);
    case ',':
        return token_make(lexer, TOKEN_COMMA, 1);
    case '`':
    case '"':
        return string_token(lexer);
    default:
        return is_name_start(rest.p[0]) ? name_token(lexer)
                                        : token_make(lexer, TOKEN_OTHER, sequence_length(rest));
    }
}
