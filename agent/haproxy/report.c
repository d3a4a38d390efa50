#include "haproxy/report.h"

/* Alerts that only say that there were alerts. */
static const struct str echoes[] = {
    STR("Error(s) found in configuration file"),
    STR("Fatal errors found in configuration"),
    STR("Some protocols failed to start their listeners"),
    STR("Some configuration options require full privileges"),
};

static const struct {
    struct str cause, remedy;
} remedies[] = {
    { STR("Address already in use"),
      STR("another process listens there: end it, or give the entry point another address") },
    { STR("Address in use"),
      STR("another process listens there: end it, or give the entry point another address") },
    { STR("Permission denied"), STR("ports below 1024 need a privilege: grant CAP_NET_BIND_SERVICE, or give "
                                    "the entry point a port above it") },
    { STR("Cannot assign requested address"),
      STR("this machine does not have that address: correct the address of the entry point") },
    { STR("cannot assign requested address"),
      STR("this machine does not have that address: correct the address of the entry point") },
};

enum report_severity report_line(struct str line, struct str *text)
{
    static const struct {
        struct str tag;
        enum report_severity severity;
    } tags[] = {
        { STR("[NOTICE]"), REPORT_NOTICE },
        { STR("[WARNING]"), REPORT_WARNING },
        { STR("[ALERT]"), REPORT_ALERT },
    };
    *text = str_trim(line);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (!str_starts(line, tags[i].tag))
            continue;
        struct str rest = str_trim(str_from(line, tags[i].tag.n));
        size_t at = str_search(rest, STR(") : ")); /* behind the process id */
        if (rest.n > 0 && rest.p[0] == '(' && at != SIZE_MAX)
            rest = str_from(rest, at + 4);
        *text = str_trim(rest);
        return tags[i].severity;
    }
    return REPORT_NOTICE;
}

static bool is_echo(struct str text)
{
    for (size_t i = 0; i < sizeof echoes / sizeof *echoes; i++)
        if (str_search(text, echoes[i]) != SIZE_MAX)
            return true;
    return false;
}

/* The address in the last pair of brackets, which is where binding failed; IPv6 holds none. */
static struct str bound_address(struct str text)
{
    size_t open = SIZE_MAX;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '[')
            open = i + 1;
    if (open == SIZE_MAX)
        return str_of(text.p, 0);
    struct str rest = str_from(text, open);
    return str_head(rest, str_find(rest, ']'));
}

/* "cannot bind socket (Address already in use) for [127.0.0.1:80]" of any version. */
static bool put_bind_failure(struct str text, struct buf *out)
{
    if (str_search(text, STR("cannot bind")) == SIZE_MAX)
        return false;
    struct str address = bound_address(text);
    for (size_t i = 0; address.n && i < sizeof remedies / sizeof *remedies; i++)
        if (str_search(text, remedies[i].cause) != SIZE_MAX) {
            buf_puts(out, "cannot listen on ");
            buf_put(out, address);
            buf_puts(out, " (");
            buf_put(out, remedies[i].cause);
            buf_puts(out, "): ");
            buf_put(out, remedies[i].remedy);
            return true;
        }
    return false;
}

void report_failure(struct str log, struct buf *out)
{
    size_t start = out->n;
    struct str last = { NULL, 0 };
    for (struct str rest = log; rest.p;) {
        struct str text;
        enum report_severity severity = report_line(str_cut(&rest, '\n'), &text);
        if (text.n)
            last = text;
        if (severity != REPORT_ALERT || text.n == 0 || is_echo(text))
            continue;
        if (out->n > start)
            buf_puts(out, "; ");
        if (!put_bind_failure(text, out))
            buf_put(out, text);
    }
    if (out->n > start)
        return;
    if (last.n)
        buf_put(out, last);
    else
        buf_puts(out, "HAProxy gave no reason");
}
