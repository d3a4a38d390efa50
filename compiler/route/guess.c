#include "route/guess.h"

#include "base/buf.h"
#include "base/diag.h"
#include "route/scalar.h"

static struct str guess_bool(struct str text)
{
    static const struct str words[] = { STR("true"), STR("false") };
    static const struct str yes[] = { STR("yes"), STR("on"), STR("y"), STR("enabled") };
    static const struct str no[] = { STR("no"), STR("off"), STR("n"), STR("disabled") };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (str_eq_nocase(text, yes[i]))
            return words[0];
        if (str_eq_nocase(text, no[i]))
            return words[1];
    }
    return nearest_name(text, words, 2);
}

/* Letters that look like digits, blanks and digit separators. */
static struct str guess_int(struct arena *arena, struct str text)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == 'O' || c == 'o')
            buf_putc(&b, '0');
        else if (c == 'l' || c == 'I')
            buf_putc(&b, '1');
        else if (c != ' ' && c != '_' && c != '\'')
            buf_putc(&b, c);
    }
    int64_t number;
    struct str guess =
        str_to_int64(buf_str(&b), &number) ? arena_copy(arena, buf_str(&b)) : (struct str){ 0 };
    buf_fini(&b);
    return guess;
}

/* The unit that a word begins like: "minutes" is m. */
static const char *unit_of(struct str word)
{
    static const struct {
        struct str word;
        const char *unit;
    } units[] = {
        { STR("milliseconds"), "ms" }, { STR("msec"), "ms" },   { STR("microseconds"), "us" },
        { STR("nanoseconds"), "ns" },  { STR("hours"), "h" },   { STR("hrs"), "h" },
        { STR("minutes"), "m" },       { STR("seconds"), "s" },
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (word.n && word.n <= units[i].word.n && str_eq_nocase(word, str_head(units[i].word, word.n)))
            return units[i].unit;
    return NULL;
}

static bool in_number(char c)
{
    return ascii_is_digit(c) || c == '.';
}

/* Numbers, each with a word behind it. */
static struct str guess_duration(struct arena *arena, struct str text)
{
    struct buf b = { 0 };
    bool good = text.n > 0;
    for (size_t i = 0; i < text.n && good;) {
        size_t from = i;
        while (i < text.n && in_number(text.p[i]))
            buf_putc(&b, text.p[i++]);
        good = i > from;
        while (i < text.n && text.p[i] == ' ')
            i++;
        from = i;
        while (i < text.n && !in_number(text.p[i]) && text.p[i] != ' ')
            i++;
        const char *unit = unit_of(str_of(text.p + from, i - from));
        good = good && unit;
        buf_puts(&b, unit ? unit : "");
        while (i < text.n && text.p[i] == ' ')
            i++;
    }
    int64_t ns;
    good = good && scalar_duration(buf_str(&b), &ns);
    struct str guess = good ? arena_copy(arena, buf_str(&b)) : (struct str){ 0 };
    buf_fini(&b);
    return guess;
}

struct str guess_value(struct arena *arena, enum schema_type type, struct str text)
{
    enum { LONGEST = 100 };
    struct str trimmed = str_trim(text);
    if (trimmed.n > LONGEST)
        return (struct str){ 0 };
    switch (type) {
    case SCHEMA_BOOL:
        return guess_bool(trimmed);
    case SCHEMA_INT:
        return guess_int(arena, trimmed);
    case SCHEMA_DURATION:
        return guess_duration(arena, trimmed);
    default:
        return (struct str){ 0 };
    }
}
