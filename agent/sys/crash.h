/* Places in the daemon where a test can make it die, as by SIGKILL: no step of a push may need the next one.
 * The environment variable MAITRED_CRASH_AT names a file; as soon as a point is reached whose name that file
 * holds, the process kills itself. (A file, so that a daemon can start before it is told where to die.)
 * Without the variable nothing is looked at; it is for tests only. */
#pragma once

#include "base/buf.h"

enum crash_point {
    CRASH_FIRST_FILE,
    CRASH_FILES,
    CRASH_BACKENDS,
    CRASH_SERVERS,
    CRASH_LOAD,
    CRASH_FILL,
    CRASH_LINES,
    CRASH_DROP,
    CRASH_CERTIFICATE,
    CRASH_ROUTE,
    CRASH_SWITCH,
    CRASH_UNSETTLED,
    CRASH_DUAL,
    CRASH_TOLD,
    CRASH_ALONE,
    CRASH_REPLACE,
    CRASH_PREPARED,
    CRASH_SENT,
    CRASH_COMMITTED,
    CRASH_TURN,
    CRASH_TRIM,
    CRASH_RETIRE,
    CRASH_REMOVE,
    CRASH_STEPS,
    CRASH_REVISION,
    CRASH_SERVED,
    CRASH_RELOAD,
    CRASH_ORDERED,
    CRASH_RELOADED,
    CRASH_TREE,
    CRASH_HISTORY,
    CRASH_PIN,
    CRASH_PINNED,
    CRASH_START_FILES,
    CRASH_LAUNCHED,
    CRASH_STARTED,
    CRASH_TAKEN_OVER,
    CRASH_GONE,
    CRASH_NEW_WORKER,
    CRASH_POINTS
};

/* Dies here if it was told to. */
void crash_at(enum crash_point point);

/* The table, one point a line: its name, and what has just been done. */
void crash_print(struct buf *out);
