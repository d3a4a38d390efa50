#include "spop/frame.h"

enum frame_result frame_read(struct str in, uint32_t max, struct frame *out, size_t *used,
                             enum spop_status *status)
{
    struct cursor c = cursor_over(in);
    *used = FRAME_LENGTH_SIZE;
    if (in.n < FRAME_LENGTH_SIZE)
        return FRAME_MORE;
    uint32_t length = cursor_u32(&c);
    if (length < FRAME_SMALLEST || length > max) {
        *status = length > max ? SPOP_TOO_BIG : SPOP_INVALID;
        return FRAME_BROKEN;
    }
    *used = FRAME_LENGTH_SIZE + (size_t)length;
    if (in.n < *used)
        return FRAME_MORE;
    c = cursor_over(str_of(in.p + FRAME_LENGTH_SIZE, length));
    out->type = cursor_u8(&c);
    out->flags = cursor_u32(&c);
    out->stream = cursor_varint(&c);
    out->id = cursor_varint(&c);
    out->payload = cursor_bytes(&c, (uint64_t)(c.end - c.p));
    *status = SPOP_INVALID;
    return c.failed ? FRAME_BROKEN : FRAME_OK;
}

size_t frame_begin(struct writer *w, enum frame_type type, uint64_t stream, uint64_t id)
{
    size_t start = (size_t)(w->p - w->start);
    writer_u32(w, 0);
    writer_u8(w, (uint8_t)type);
    writer_u32(w, FRAME_FIN);
    writer_varint(w, stream);
    writer_varint(w, id);
    return start;
}

void frame_end(struct writer *w, size_t start)
{
    if (w->failed)
        return;
    struct writer head = writer_over(w->start + start, FRAME_LENGTH_SIZE);
    writer_u32(&head, (uint32_t)((size_t)(w->p - w->start) - start - FRAME_LENGTH_SIZE));
}
