/* The socket that HAProxy tells on what came of requests that passed circuit breakers: one datagram each
 * (breaker_event.h), sent before the client has the answer. Safe from any thread. */
#pragma once

#include <stdbool.h>

struct events;
struct program_set;

#define EVENTS_NAME "events.sock"

/* FOLDER/events.sock (mode 0600). NULL with a message. */
struct events *events_open(const char *folder, char error[static 256]);
void events_close(struct events *events); /* NULL is allowed */

/* To be watched for reading. */
int events_fd(const struct events *events);

/* Takes what has come, for the breakers of these programs; what is about others is of the past. */
void events_drain(struct events *events, const struct program_set *programs);
