#include "sys/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

enum { LONGEST_NAME = 64 };

static const struct {
    const char *name, *where;
} points[CRASH_POINTS] = {
    [CRASH_FIRST_FILE] = { "first-file", "one file of the state folder is new, the others are old" },
    [CRASH_FILES] = { "files", "the files of a push are written" },
    [CRASH_BACKENDS] = { "backends", "before backends are added" },
    [CRASH_SERVERS] = { "servers", "before servers are added or set" },
    [CRASH_LOAD] = { "load", "before the agent gets new programs" },
    [CRASH_FILL] = { "fill", "before maps get what records point to" },
    [CRASH_LINES] = { "lines", "before names get new certificates" },
    [CRASH_DROP] = { "drop", "before old certificates go" },
    [CRASH_CERTIFICATE] = { "certificate", "before unknown names get another certificate" },
    [CRASH_ROUTE] = { "route", "before the one record that changes" },
    [CRASH_SWITCH] = { "switch", "before a few records change at once" },
    [CRASH_UNSETTLED] = { "unsettled", "it is said that records will have two meanings" },
    [CRASH_DUAL] = { "dual", "the records have two meanings, the old ones count" },
    [CRASH_TOLD] = { "told", "the records have two meanings, the new ones count" },
    [CRASH_ALONE] = { "alone", "the records have their new meaning alone, and it is not said" },
    [CRASH_REPLACE] = { "replace", "before all records are replaced" },
    [CRASH_PREPARED] = { "prepared", "a version of the records is open, and empty" },
    [CRASH_SENT] = { "sent", "the new records are sent, and not committed" },
    [CRASH_COMMITTED] = { "committed", "the new records are committed, and not read back" },
    [CRASH_TURN] = { "turn",
                     "before servers come into use, change or go out of use, where no record changes" },
    [CRASH_TRIM] = { "trim", "before the agent may forget old programs" },
    [CRASH_RETIRE] = { "retire", "before entries of maps are retired" },
    [CRASH_REMOVE] = { "remove", "before servers are removed" },
    [CRASH_STEPS] = { "steps", "all steps are done" },
    [CRASH_REVISION] = { "revision", "answers tell the new revision" },
    [CRASH_SERVED] = { "served", "the push is done, and the tree not saved" },
    [CRASH_RELOAD] = { "reload", "before HAProxy is told to reload" },
    [CRASH_ORDERED] = { "ordered", "HAProxy's master took the reload, its worker was not met" },
    [CRASH_RELOADED] = { "reloaded", "the new worker was met" },
    [CRASH_TREE] = { "tree", "the served tree is saved, and not in the history" },
    [CRASH_HISTORY] = { "history", "the served tree is in the history" },
    [CRASH_PIN] = { "pin", "the tree to pin is saved, the order is not" },
    [CRASH_PINNED] = { "pinned", "the order to pin is saved, its tree is not served" },
    [CRASH_START_FILES] = { "start-files", "a start has written its files" },
    [CRASH_LAUNCHED] = { "launched", "a master is started, its worker was not met" },
    [CRASH_STARTED] = { "started", "HAProxy is started or found" },
    [CRASH_TAKEN_OVER] = { "taken-over", "an HAProxy that was found has the tree" },
    [CRASH_GONE] = { "gone", "HAProxy's end was seen, it is not started again" },
    [CRASH_NEW_WORKER] = { "new-worker", "another worker was met, its state is not verified" },
};

void crash_at(enum crash_point point)
{
    const char *path = getenv("MAITRED_CRASH_AT");
    struct buf told = { 0 };
    if (path && file_read(path, LONGEST_NAME, &told) &&
        str_eq(str_trim(buf_str(&told)), str_c(points[point].name)))
        kill(getpid(), SIGKILL);
    buf_fini(&told);
}

void crash_print(struct buf *out)
{
    for (size_t i = 0; i < CRASH_POINTS; i++)
        buf_printf(out, "  %-12s %s\n", points[i].name, points[i].where);
}
