#include "spop/wire.h"

enum { TRUE_FLAG = 0x10, TYPE_MASK = 0x0f, LONGEST_VARINT = 10 };

struct cursor cursor_over(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    return (struct cursor){ .p = p, .end = s.n ? p + s.n : p };
}

static void fail(struct cursor *c)
{
    c->failed = true;
    c->p = c->end;
}

uint8_t cursor_u8(struct cursor *c)
{
    if (c->p == c->end) {
        fail(c);
        return 0;
    }
    return *c->p++;
}

uint32_t cursor_u32(struct cursor *c)
{
    if (c->end - c->p < 4) {
        fail(c);
        return 0;
    }
    const unsigned char *p = c->p;
    c->p += 4;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t long_varint(struct cursor *c, uint64_t value)
{
    for (unsigned i = 1, shift = 4; i < LONGEST_VARINT; i++, shift += 7) {
        uint64_t next = cursor_u8(c), part = next << shift;
        if (c->failed || part >> shift != next || __builtin_add_overflow(value, part, &value))
            break;
        if (next < 128)
            return value;
    }
    fail(c);
    return 0;
}

uint64_t cursor_varint(struct cursor *c)
{
    uint8_t first = cursor_u8(c);
    return first < 240 ? first : long_varint(c, first);
}

struct str cursor_bytes(struct cursor *c, uint64_t n)
{
    if (n > (uint64_t)(c->end - c->p) || c->failed) {
        fail(c);
        return (struct str){ 0 };
    }
    struct str s = str_of((const char *)c->p, (size_t)n);
    c->p += n;
    return s;
}

struct str cursor_string(struct cursor *c)
{
    return cursor_bytes(c, cursor_varint(c));
}

struct value cursor_value(struct cursor *c)
{
    uint8_t head = cursor_u8(c);
    struct value v = { .type = VALUE_NULL };
    switch (head & TYPE_MASK) {
    case VALUE_NULL:
        break;
    case VALUE_BOOL:
        v.number = (head & TRUE_FLAG) != 0;
        break;
    case VALUE_INT32:
    case VALUE_UINT32:
    case VALUE_INT64:
    case VALUE_UINT64:
        v.number = cursor_varint(c);
        break;
    case VALUE_IPV4:
        v.bytes = cursor_bytes(c, 4);
        break;
    case VALUE_IPV6:
        v.bytes = cursor_bytes(c, 16);
        break;
    case VALUE_STRING:
    case VALUE_BINARY:
        v.bytes = cursor_string(c);
        break;
    default:
        fail(c);
    }
    if (c->failed)
        return (struct value){ .type = VALUE_NULL };
    v.type = (enum value_type)(head & TYPE_MASK);
    return v;
}

struct writer writer_over(void *memory, size_t size)
{
    unsigned char *start = memory;
    return (struct writer){ .start = start, .p = start, .end = start + size };
}

static bool has_room(struct writer *w, size_t n)
{
    if (n > (size_t)(w->end - w->p))
        w->failed = true;
    return !w->failed;
}

void writer_u8(struct writer *w, uint8_t value)
{
    if (has_room(w, 1))
        *w->p++ = value;
}

void writer_u32(struct writer *w, uint32_t value)
{
    if (!has_room(w, 4))
        return;
    for (int shift = 24; shift >= 0; shift -= 8)
        *w->p++ = (unsigned char)(value >> shift);
}

void writer_varint(struct writer *w, uint64_t value)
{
    if (value < 240) {
        writer_u8(w, (uint8_t)value);
        return;
    }
    writer_u8(w, (uint8_t)(value | 240));
    value = (value - 240) >> 4;
    for (; value >= 128; value = (value - 128) >> 7)
        writer_u8(w, (uint8_t)(value | 128));
    writer_u8(w, (uint8_t)value);
}

void writer_bytes(struct writer *w, struct str s)
{
    if (!has_room(w, s.n) || s.n == 0)
        return;
    memcpy(w->p, s.p, s.n);
    w->p += s.n;
}

void writer_string(struct writer *w, struct str s)
{
    writer_varint(w, s.n);
    writer_bytes(w, s);
}

void writer_value(struct writer *w, const struct value *value)
{
    bool is_true = value->type == VALUE_BOOL && value->number;
    writer_u8(w, (uint8_t)((unsigned)value->type | (is_true ? TRUE_FLAG : 0u)));
    if (value->type >= VALUE_INT32 && value->type <= VALUE_UINT64)
        writer_varint(w, value->number);
    else if (value->type == VALUE_STRING || value->type == VALUE_BINARY)
        writer_string(w, value->bytes);
    else
        writer_bytes(w, value->bytes);
}

void writer_text(struct writer *w, struct str s)
{
    writer_value(w, &(struct value){ .type = VALUE_STRING, .bytes = s });
}
