/* The daemon's log: one line an event, to standard error or a file. Thread-safe. No secrets in it, ever. */
#pragma once

#include <stdbool.h>

enum log_severity { LOG_LINE_DEBUG, LOG_LINE_INFO, LOG_LINE_WARN, LOG_LINE_ERROR };

struct log;

/* `path` NULL: standard error. NULL and errno set where the file cannot be opened. */
struct log *log_open(const char *path, enum log_severity at_least, bool json);
void log_close(struct log *log);

/* `area` is the module ("etcd", "haproxy", "agent"). A NULL log drops the line. */
void log_line(struct log *log, enum log_severity severity, const char *area, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
