#include "sys/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

struct log {
    int fd;
    enum log_severity at_least;
    bool json, own_fd;
};

struct log *log_open(const char *path, enum log_severity at_least, bool json)
{
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640) : STDERR_FILENO;
    if (fd < 0)
        return NULL;
    struct log *log = xmalloc(sizeof *log);
    *log = (struct log){ .fd = fd, .at_least = at_least, .json = json, .own_fd = path != NULL };
    return log;
}

void log_close(struct log *log)
{
    if (!log)
        return;
    if (log->own_fd)
        close(log->fd);
    free(log);
}

static void put_time(struct buf *out)
{
    struct timespec now;
    struct tm tm;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(out, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

void log_line(struct log *log, enum log_severity severity, const char *area, const char *format, ...)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    if (!log || severity < log->at_least)
        return;
    char message[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct buf line = { 0 };
    if (log->json) {
        buf_puts(&line, "{\"time\":\"");
        put_time(&line);
        buf_printf(&line, "\",\"level\":\"%s\",\"area\":\"%s\",\"message\":", names[severity], area);
        buf_put_json(&line, str_c(message));
        buf_puts(&line, "}\n");
    } else {
        put_time(&line);
        buf_printf(&line, " %-5s %s: ", names[severity], area);
        for (const char *c = message; *c; c++) /* one event, one line, whatever the text holds */
            buf_putc(&line, (unsigned char)*c < 0x20 && *c != '\t' ? ' ' : *c);
        buf_putc(&line, '\n');
    }
    /* One write a line: lines of several threads do not mix. */
    ssize_t written = write(log->fd, line.p, line.n);
    (void)written;
    buf_fini(&line);
}
