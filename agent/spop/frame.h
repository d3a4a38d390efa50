/* SPOP frames (reference/spop.md 1). */
#pragma once

#include "spop/wire.h"

enum frame_type {
    FRAME_UNSET = 0, /* a further fragment */
    FRAME_HAPROXY_HELLO = 1,
    FRAME_HAPROXY_DISCONNECT = 2,
    FRAME_NOTIFY = 3,
    FRAME_AGENT_HELLO = 101,
    FRAME_AGENT_DISCONNECT = 102,
    FRAME_ACK = 103,
};

enum { FRAME_FIN = 1, FRAME_ABORT = 2 };

/* Status codes of the two DISCONNECT frames. */
enum spop_status {
    SPOP_NORMAL = 0,
    SPOP_TOO_BIG = 3,
    SPOP_INVALID = 4,
    SPOP_NO_VERSION = 5,
    SPOP_NO_FRAME_SIZE = 6,
    SPOP_BAD_VERSION = 8,
    SPOP_BAD_FRAME_SIZE = 9,
    SPOP_FRAGMENTED = 10,
};

enum {
    FRAME_LENGTH_SIZE = 4,
    FRAME_SMALLEST = 7,      /* type, flags, two ids */
    FRAME_LEAST_MAX = 256,   /* what either side must take */
    FRAME_LARGEST = 1 << 18, /* what we take; HAProxy sends tune.bufsize - 4 at most */
};

struct frame {
    uint8_t type;
    uint32_t flags;
    uint64_t stream, id; /* to be echoed, not interpreted */
    struct str payload;
};

enum frame_result { FRAME_OK, FRAME_MORE, FRAME_BROKEN };

/* The frame at the start of `in`. FRAME_OK: *used bytes of `in` were it. FRAME_MORE: *used bytes are needed
 * to say more. FRAME_BROKEN: *status says in which way. `max` is the largest length. */
enum frame_result frame_read(struct str in, uint32_t max, struct frame *out, size_t *used,
                             enum spop_status *status);

/* Writes a frame's head, with FIN; the payload comes next. Returns where the frame starts, for frame_end,
 * which puts the length in. */
size_t frame_begin(struct writer *w, enum frame_type type, uint64_t stream, uint64_t id);
void frame_end(struct writer *w, size_t start);
