/* Statuses of HTTP: their texts, and lists of them. */
#include "base/vec.h"
#include "route/model_build.h"

static const struct {
    int status;
    const char *text;
} texts[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 102, "Processing" },
    { 103, "Early Hints" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 203, "Non-Authoritative Information" },
    { 204, "No Content" },
    { 205, "Reset Content" },
    { 206, "Partial Content" },
    { 207, "Multi-Status" },
    { 208, "Already Reported" },
    { 226, "IM Used" },
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 305, "Use Proxy" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Request Entity Too Large" },
    { 414, "Request URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Requested Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 418, "I'm a teapot" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Entity" },
    { 423, "Locked" },
    { 424, "Failed Dependency" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Unavailable For Legal Reasons" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 506, "Variant Also Negotiates" },
    { 507, "Insufficient Storage" },
    { 508, "Loop Detected" },
    { 510, "Not Extended" },
    { 511, "Network Authentication Required" },
};

const char *model_status_text(int64_t status)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].status == status)
            return texts[i].text;
    return NULL;
}

static bool read_number(struct str text, int *out)
{
    int64_t n;
    if (text.n == 0 || !str_to_int64(text, &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    *out = (int)n;
    return true;
}

/* "500", "500-504". What stands behind a second '-' does not count, as in Traefik (types.NewHTTPCodeRanges).
 */
bool model_read_statuses(struct build *b, const struct list_value *list, struct model_statuses *out)
{
    struct model_status_range *p = ARENA_ARRAY(b->arena, struct model_status_range, list->n);
    for (size_t i = 0; i < list->n; i++) {
        struct str rest = list->v[i], from = str_cut(&rest, '-'), to = rest.p ? str_cut(&rest, '-') : from;
        if (!read_number(from, &p[i].from) || !read_number(to, &p[i].to)) {
            report_text(b, FINDING_BAD_VALUE, list->key, list->v[i], "500, or 500-504",
                        "not a status, nor a range of statuses");
            return false;
        }
    }
    *out = (struct model_statuses){ p, list->n };
    return true;
}
