/* The control socket in the state folder: one line asks, one JSON document answers. */
#pragma once

#include <uv.h>

#include "base/buf.h"

struct control_socket;
struct visitor; /* who asked; waits for its answer */

enum control_answer {
    CONTROL_UNKNOWN, /* no such command */
    CONTROL_NOW,     /* the reply was appended */
    CONTROL_LATER    /* control_socket_reply follows, unless the socket is closed before */
};

typedef enum control_answer control_answer_fn(void *context, struct str command, struct visitor *visitor,
                                              struct buf *out);

/* Listens at `path` (mode 0600) on `loop`. NULL with errno's message where it cannot listen. */
struct control_socket *control_socket_open(uv_loop_t *loop, const char *path, control_answer_fn *answer,
                                           void *context, char error[static 512]);

/* The answer to a command that was to be answered later. */
void control_socket_reply(struct visitor *visitor, struct str text);

/* Closes it and removes the path; the loop must run once more for the memory to be released. NULL is allowed.
 */
void control_socket_close(struct control_socket *socket);
