/* A client's end of a unix stream socket, every wait bounded by one deadline. */
#pragma once

#include "haproxy/runtime.h"

/* clock_monotonic_ns() plus the time given. */
int64_t link_deadline(int timeout_ms);

/* Connects; the descriptor does not block and is closed on exec. The owner closes it. */
enum runtime_status link_open(const char *path, int64_t deadline, int *fd);

/* Sends everything. */
enum runtime_status link_send(int fd, struct str bytes, int64_t deadline);

/* Appends what is there, waiting for at least one byte. *end: the other side is done, nothing was appended.
 */
enum runtime_status link_receive(int fd, struct buf *into, int64_t deadline, bool *end);

/* Appends everything up to the end. */
enum runtime_status link_receive_all(int fd, struct buf *into, int64_t deadline);
