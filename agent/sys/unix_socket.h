/* A unix socket to listen on. */
#pragma once

/* A non-blocking stream socket bound to `path` (which fits in a sun_path), mode 0600. A socket that was left
 * there by a dead process is replaced, one that is in use is not. -1 with a message (and the remedy)
 * otherwise. */
int socket_bind(const char *path, char error[static 256]);
