/* A growing byte buffer with a sticky error: append freely, ask once at the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
    char *p; /* NUL behind the last byte as soon as anything was appended */
    size_t n, cap;
    size_t limit; /* appends beyond it set `failed` and are dropped; 0: no limit */
    bool failed;
};

/* An empty buffer; `limit` as above. Also valid: = { 0 }. */
static inline struct buf buf_make(size_t limit)
{
    return (struct buf){ .limit = limit };
}

/* Releases the bytes; the buffer is empty and usable again. */
void buf_fini(struct buf *b);

/* Forgets the contents and the error, keeps the memory. */
void buf_reset(struct buf *b);

void buf_put(struct buf *b, struct str s);
void buf_puts(struct buf *b, const char *c);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* s as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void buf_put_json(struct buf *b, struct str s);

/* Room for n more bytes, not yet counted in b->n; NULL beyond the limit. */
char *buf_reserve(struct buf *b, size_t n);

/* The contents; valid until the next append. */
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){ b->p, b->n };
}
