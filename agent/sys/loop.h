/* A thread with an event loop that listens on a unix socket. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <sys/un.h>
#include <uv.h>

struct loop {
    uv_loop_t uv;
    uv_pipe_t listener; /* its data: the context */
    pthread_t thread;
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of the socket */
};

/* Listens on FOLDER/NAME-INDEX.sock (mode 0600); further handles may join the loop then. false with a
 * message; nothing is left then. */
bool loop_open(struct loop *loop, const char *folder, const char *name, int index,
               uv_connection_cb on_connection, void *context, char error[static 256]);

/* Starts the thread, which runs the loop until it has no handles. false with a message: loop_drop is due. */
bool loop_start(struct loop *loop, char error[static 256]);

/* Ends a loop that never ran: closes all handles and calls them back, removes the socket. */
void loop_drop(struct loop *loop);

/* Waits for the thread, behind which all handles are closed, and removes the socket. */
void loop_join(struct loop *loop);
