/* The daemon: watches, compiles, pushes, until it is told to end. */
#pragma once

#include "base/buf.h"
#include "route/settings.h"
#include "sys/log.h"

/* Runs until SIGTERM or SIGINT. 0 after a clean end; 1 where it could not start or go on, with a message (and
 * the remedy) in `error`. `settings` must outlive the call. */
int gateway_run(const struct settings *settings, struct log *log, char error[static 512]);
