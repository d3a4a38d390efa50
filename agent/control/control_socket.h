/* The control socket in the state folder: one line asks, one JSON document answers. */
#pragma once

#include <uv.h>

#include "base/buf.h"

struct control_socket;

/* Listens at `path` (mode 0600) on `loop`. `answer` appends the reply to a command, or returns false for one that it does not
 * know. NULL with errno's message where it cannot listen. */
struct control_socket *control_socket_open(uv_loop_t *loop, const char *path,
                                           bool (*answer)(void *context, struct str command, struct buf *out),
                                           void *context, char error[static 512]);

/* Closes it and removes the path; the loop must run once more for the memory to be released. NULL is allowed. */
void control_socket_close(struct control_socket *socket);
