#include <stdio.h>

#include "cmd/cmd.h"
#include "control/gateway.h"
#include "sys/files.h"

static enum log_severity severity_of(enum log_level level)
{
    return level <= LOG_DEBUG  ? LOG_LINE_DEBUG
           : level == LOG_INFO ? LOG_LINE_INFO
           : level == LOG_WARN ? LOG_LINE_WARN
                               : LOG_LINE_ERROR;
}

enum exit_code verb_run(const struct verb_call *call)
{
    struct arena *arena = arena_create();
    const struct settings *settings = cmd_settings(arena, call);
    char error[512] = "", path[4096] = "";
    int status = EXIT_FINDINGS;
    files_raise();
    if (settings) {
        snprintf(path, sizeof path, "%.*s", STR_ARG(settings->log.path));
        struct log *log =
            log_open(path[0] ? path : NULL, severity_of(settings->log.level), settings->log.json);
        if (log)
            status = gateway_run(settings, log, error);
        else
            snprintf(error, sizeof error, "cannot open the log file %.200s", path);
        log_close(log);
        if (status)
            fprintf(stderr, "maitred: %s\n", error);
    }
    arena_destroy(arena);
    return status ? EXIT_FINDINGS : EXIT_CLEAN;
}
