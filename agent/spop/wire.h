/* SPOP's primitive values (reference/spop.md 1): a bounded reader and a bounded writer, both with a sticky
 * error. Decode or encode straight through, ask `failed` once at the end. */
#pragma once

#include "base/str.h"

/* Reads; past the end, or where the bytes mean nothing, it fails and everything read is zero or empty. */
struct cursor {
    const unsigned char *p, *end;
    bool failed;
};

struct cursor cursor_over(struct str s);

/* Whether nothing is left, or nothing can be read any more. */
static inline bool cursor_done(const struct cursor *c)
{
    return c->failed || c->p == c->end;
}

uint8_t cursor_u8(struct cursor *c);
uint32_t cursor_u32(struct cursor *c); /* big endian */
uint64_t cursor_varint(struct cursor *c);
struct str cursor_bytes(struct cursor *c, uint64_t n);
struct str cursor_string(struct cursor *c); /* varint length, bytes */

enum value_type {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT32,
    VALUE_UINT32,
    VALUE_INT64,
    VALUE_UINT64,
    VALUE_IPV4,
    VALUE_IPV6,
    VALUE_STRING,
    VALUE_BINARY,
};

/* Typed data. */
struct value {
    enum value_type type;
    uint64_t number;  /* bool (0, 1) and integers; negative ones in two's complement */
    struct str bytes; /* addresses, strings, binary */
};

struct value cursor_value(struct cursor *c);

/* Writes into memory of the caller; without room it fails and writes nothing more. */
struct writer {
    unsigned char *start, *p, *end;
    bool failed;
};

struct writer writer_over(void *memory, size_t size);

/* What was written so far. */
static inline struct str writer_str(const struct writer *w)
{
    return str_of((const char *)w->start, (size_t)(w->p - w->start));
}

void writer_u8(struct writer *w, uint8_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_varint(struct writer *w, uint64_t value);
void writer_bytes(struct writer *w, struct str s);
void writer_string(struct writer *w, struct str s);
void writer_value(struct writer *w, const struct value *value);
/* A typed string. */
void writer_text(struct writer *w, struct str s);
