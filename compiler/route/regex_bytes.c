/* Sets of characters as expressions over bytes. A character of several bytes is a sequence of byte ranges;
 * what is no UTF-8 is U+FFFD, one byte each, and never a part of a valid sequence; '\n' is shown as 0xff. */
#include "route/regex_tree.h"

enum { NEWLINE_BYTE = 0xff, LAST_BYTE = 0xfe };

/* Any character of two to four bytes; its size, compiled. */
#define SEQUENCE                                                                                             \
    "[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}"     \
    "|\\xed[\\x80-\\x9f][\\x80-\\xbf]|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}"      \
    "|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}"
enum { SEQUENCE_SIZE = 700, BRACKETS_SIZE = 40, GROUP_SIZE = 12 };

#define STRAY   "[\\x80-\\xfe]"
#define NO_BYTE "(?!)"

void regex_byte_put(struct buf *out, unsigned char byte)
{
    if (ascii_is_alnum((char)byte) || (byte && strchr("/_-=:,@%~&!", byte)))
        buf_putc(out, (char)byte);
    else if (byte && strchr(".?*+()[]{}|^$\\", byte))
        buf_printf(out, "\\%c", byte);
    else
        buf_printf(out, "\\x%02x", byte);
}

/* Within brackets. */
static void put_member(struct buf *out, unsigned byte)
{
    if (ascii_is_alnum((char)byte) || (byte && byte < 0x80 && strchr("/_,@%~&!", (int)byte)))
        buf_putc(out, (char)byte);
    else
        buf_printf(out, "\\x%02x", byte);
}

static void put_members(struct buf *out, unsigned lo, unsigned hi)
{
    put_member(out, lo);
    if (hi > lo + 1)
        buf_putc(out, '-');
    if (hi > lo)
        put_member(out, hi);
}

bool regex_class_has(const struct regex_node *node, uint32_t c)
{
    size_t low = 0, high = node->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (node->ranges[middle].hi < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < node->n && node->ranges[low].lo <= c;
}

/* What the class has beyond ASCII, without the surrogates, which are no characters. */
typedef VEC(struct rune_range) ranges;

static void add_beyond(ranges *out, uint32_t lo, uint32_t hi)
{
    if (lo <= hi)
        vec_push(out, (struct rune_range){ lo, hi });
}

static ranges beyond_ascii(const struct regex_node *node)
{
    ranges out = { 0 };
    for (size_t i = 0; i < node->n; i++) {
        struct rune_range r = node->ranges[i];
        if (r.lo < 0x80)
            r.lo = 0x80;
        add_beyond(&out, r.lo, r.hi < 0xd800 ? r.hi : 0xd7ff);
        add_beyond(&out, r.lo > 0xe000 ? r.lo : 0xe000, r.hi);
    }
    return out;
}

static bool is_all(const ranges *all)
{
    return all->n == 2 && all->p[0].lo == 0x80 && all->p[0].hi == 0xd7ff && all->p[1].lo == 0xe000 &&
           all->p[1].hi == UTF8_MAX;
}

static ranges complement(const ranges *all)
{
    ranges out = { 0 };
    uint32_t next = 0x80;
    for (size_t i = 0; i <= all->n; i++) {
        uint32_t lo = i < all->n ? all->p[i].lo : UTF8_MAX + 1;
        if (next == 0xd800)
            next = 0xe000;
        if (next < lo && !(next < 0xd800 && lo >= 0xe000)) {
            add_beyond(&out, next, lo == 0xe000 ? 0xd7ff : lo - 1);
        } else if (next < lo) {
            add_beyond(&out, next, 0xd7ff);
            add_beyond(&out, 0xe000, lo - 1);
        }
        next = i < all->n ? all->p[i].hi + 1 : 0;
    }
    return out;
}

bool regex_class_is_open(const struct regex_node *node)
{
    ranges all = beyond_ascii(node);
    bool open = is_all(&all);
    vec_fini(&all);
    return open;
}

/* A sequence of byte ranges that stands for a range of characters of one length. */
struct sequence {
    unsigned char lo[4], hi[4];
    size_t n;
};

typedef VEC(struct sequence) sequences;

/* lo and hi have n bytes each; splits where not all bytes behind the first range over all continuations. */
static void add_sequences(sequences *out, uint32_t lo, uint32_t hi, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t mask = (1u << (6 * i)) - 1;
        if ((lo & ~mask) == (hi & ~mask))
            continue;
        if (lo & mask) {
            add_sequences(out, lo, lo | mask, n);
            add_sequences(out, (lo | mask) + 1, hi, n);
            return;
        }
        if ((hi & mask) != mask) {
            add_sequences(out, lo, (hi & ~mask) - 1, n);
            add_sequences(out, hi & ~mask, hi, n);
            return;
        }
    }
    struct sequence s = { .n = n };
    utf8_encode((char *)s.lo, lo);
    utf8_encode((char *)s.hi, hi);
    vec_push(out, s);
}

static sequences sequences_of(const ranges *all)
{
    static const uint32_t ends[] = { 0x7ff, 0xffff, UTF8_MAX };
    sequences out = { 0 };
    for (size_t i = 0; i < all->n; i++) {
        uint32_t lo = all->p[i].lo;
        for (size_t j = 0; j < 3; j++) {
            uint32_t hi = all->p[i].hi < ends[j] ? all->p[i].hi : ends[j];
            if (lo <= hi) {
                add_sequences(&out, lo, hi, j + 2);
                lo = hi + 1;
            }
        }
    }
    return out;
}

static bool same_range(const struct sequence *a, const struct sequence *b, size_t at)
{
    return a->n == b->n && a->lo[at] == b->lo[at] && a->hi[at] == b->hi[at];
}

static void put_range(struct buf *out, unsigned lo, unsigned hi)
{
    if (lo == hi) {
        regex_byte_put(out, (unsigned char)lo);
        return;
    }
    buf_putc(out, '[');
    put_members(out, lo, hi);
    buf_putc(out, ']');
}

/* The alternatives of sequences that are equal in front of `at`; those with the same byte there share it. The
 * depth is that of a sequence. */
static void put_sequences(struct buf *out, const struct sequence *s, size_t n, size_t at)
{
    if (at == 3 || at + 1 == s[0].n) { /* the last bytes: one class */
        if (n == 1) {
            put_range(out, s[0].lo[at], s[0].hi[at]);
            return;
        }
        buf_putc(out, '[');
        for (size_t i = 0; i < n; i++)
            put_members(out, s[i].lo[at], s[i].hi[at]);
        buf_putc(out, ']');
        return;
    }
    for (size_t i = 0, end; i < n; i = end) {
        end = i + 1;
        while (end < n && same_range(&s[i], &s[end], at))
            end++;
        bool leaf = at + 2 == s[i].n, several = end - i > 1 && !leaf;
        buf_puts(out, i ? "|" : "");
        put_range(out, s[i].lo[at], s[i].hi[at]);
        buf_puts(out, several ? "(?:" : "");
        put_sequences(out, s + i, end - i, at + 1);
        buf_puts(out, several ? ")" : "");
    }
}

static void put_ranges(struct buf *out, const ranges *all)
{
    sequences s = sequences_of(all);
    for (size_t i = 0, end; i < s.n; i = end) {
        for (end = i + 1; end < s.n && s.p[end].n == s.p[i].n;)
            end++;
        buf_puts(out, i ? "|" : "");
        put_sequences(out, s.p + i, end - i, 0);
    }
    vec_fini(&s);
}

/* The ASCII part as bytes. Returns how many alternatives were written: 0 or 1. */
static size_t put_ascii(struct buf *out, const struct regex_node *node, const char *more)
{
    struct rune_range parts[130];
    size_t n = 0;
    bool newline = false;
    for (size_t i = 0; i < node->n && node->ranges[i].lo < 0x80; i++) {
        struct rune_range r = node->ranges[i];
        r.hi = r.hi < 0x80 ? r.hi : 0x7f;
        bool splits = r.lo <= '\n' && r.hi >= '\n';
        newline = newline || splits;
        if (splits && r.lo < '\n')
            parts[n++] = (struct rune_range){ r.lo, '\n' - 1 };
        if (splits)
            r.lo = '\n' + 1;
        if (r.lo <= r.hi)
            parts[n++] = r;
    }
    if (newline)
        parts[n++] = (struct rune_range){ NEWLINE_BYTE, NEWLINE_BYTE };
    if (n == 0 && !*more)
        return 0;
    if (n == 1 && parts[0].lo == parts[0].hi && !*more) {
        regex_byte_put(out, (unsigned char)parts[0].lo);
        return 1;
    }
    buf_putc(out, '[');
    for (size_t i = 0; i < n; i++)
        put_members(out, parts[i].lo, parts[i].hi);
    buf_puts(out, more);
    buf_putc(out, ']');
    return 1;
}

void regex_class_put_byte(struct buf *out, const struct regex_node *node)
{
    /* What excludes little is shorter the other way round. */
    unsigned excluded = 0;
    for (unsigned c = 0; c < 0x80; c++)
        excluded += c != '\n' && !regex_class_has(node, c);
    if (excluded > 16) {
        put_ascii(out, node, "\\x80-\\xfe");
        return;
    }
    buf_puts(out, "[^\\x0a");
    for (unsigned c = 0, end; c < 0x80; c = end) {
        end = c + 1;
        if (c == '\n' || regex_class_has(node, c))
            continue;
        while (end < 0x80 && end != '\n' && !regex_class_has(node, end))
            end++;
        put_members(out, c, end - 1);
    }
    buf_puts(out, regex_class_has(node, '\n') ? "]" : "\\xff]");
}

/* A class with nearly all beyond ASCII: any sequence but those that it lacks. */
static void put_negative(struct buf *out, const ranges *missing, bool stray)
{
    if (missing->n) {
        buf_puts(out, "(?!");
        put_ranges(out, missing);
        buf_puts(out, ")(?:");
    }
    buf_puts(out, stray ? SEQUENCE "|" STRAY : SEQUENCE);
    buf_puts(out, missing->n ? ")" : "");
}

/* A class with some beyond ASCII. */
static void put_positive(struct buf *out, const ranges *all, bool stray)
{
    put_ranges(out, all);
    if (stray)
        buf_puts(out, "|(?!" SEQUENCE ")" STRAY);
}

void regex_class_put(struct buf *out, const struct regex_node *node, bool ascii)
{
    ranges all = { 0 };
    if (!ascii)
        all = beyond_ascii(node);
    bool stray = regex_class_has(node, UTF8_INVALID);
    if (all.n == 0) {
        if (put_ascii(out, node, "") == 0)
            buf_puts(out, NO_BYTE);
        vec_fini(&all);
        return;
    }
    ranges missing = complement(&all);
    bool one = all.n == 1 && all.p[0].lo == all.p[0].hi && !stray && (node->n == 1);
    buf_puts(out, one ? "(?:" : "(?>");
    if (put_ascii(out, node, ""))
        buf_putc(out, '|');
    /* A negative class is tried sequence first, single bytes last: then what begins a sequence that is
     * missing must not be taken as a single byte, which the look-ahead sees to. */
    if (missing.n < all.n || missing.n == 0)
        put_negative(out, &missing, stray);
    else
        put_positive(out, &all, stray);
    buf_putc(out, ')');
    vec_fini(&missing);
    vec_fini(&all);
}

size_t regex_class_size(const struct regex_node *node, bool ascii)
{
    ranges all = { 0 };
    if (!ascii)
        all = beyond_ascii(node);
    size_t size = BRACKETS_SIZE;
    if (all.n) {
        ranges missing = complement(&all);
        const ranges *less = missing.n < all.n ? &missing : &all;
        sequences s = sequences_of(less);
        size += 2 * GROUP_SIZE + s.n * (BRACKETS_SIZE * 2 + GROUP_SIZE);
        size += missing.n < all.n || regex_class_has(node, UTF8_INVALID) ? SEQUENCE_SIZE + BRACKETS_SIZE : 0;
        vec_fini(&s);
        vec_fini(&missing);
    }
    vec_fini(&all);
    return size;
}
