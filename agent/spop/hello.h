/* The frames that open and close a connection (reference/spop.md 2 and 3). */
#pragma once

#include "spop/frame.h"

struct hello {
    uint32_t max_frame_size; /* offered */
    bool health_check;
};

/* Reads the payload of a HAPROXY-HELLO. SPOP_NORMAL, or why no connection comes of it. */
enum spop_status hello_read(struct str payload, struct hello *out);

/* An AGENT-HELLO. */
void hello_write(struct writer *w, uint32_t max_frame_size, struct str capabilities);

/* An AGENT-DISCONNECT. */
void disconnect_write(struct writer *w, uint32_t status, struct str message);

/* Reads the payload of a HAPROXY-DISCONNECT; false where it is malformed. */
bool disconnect_read(struct str payload, uint64_t *status, struct str *message);
