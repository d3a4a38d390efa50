/* The other end of the control socket: one command to a daemon, and its answer. */
#pragma once

#include "base/buf.h"

/* Asks the daemon of this state folder and appends the answer. false: none runs there, or it did not answer
 * in time. */
bool control_ask(const char *folder, const char *command, int patience_seconds, struct buf *out);
