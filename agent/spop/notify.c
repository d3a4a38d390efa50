#include "spop/notify.h"

#include <stddef.h>

#include "route/url.h"

bool notify_walk(struct str payload, notify_visit *visit, void *context)
{
    struct cursor c = cursor_over(payload);
    while (!cursor_done(&c)) {
        struct str message = cursor_string(&c);
        unsigned n = cursor_u8(&c);
        for (unsigned i = 0; i < n && !c.failed; i++) {
            struct str argument = cursor_string(&c);
            struct value value = cursor_value(&c);
            if (!c.failed)
                visit(context, message, argument, &value);
        }
    }
    return !c.failed;
}

static void take_address(struct address *out, const struct value *value)
{
    if (value->type != VALUE_IPV4 && value->type != VALUE_IPV6)
        return;
    memcpy(out->bytes, value->bytes.p, value->bytes.n);
    out->n = value->bytes.n;
}

static void take_argument(void *context, struct str message, struct str argument, const struct value *value)
{
    static const struct {
        struct str name;
        size_t offset;
    } texts[] = {
        { STR("prog"), offsetof(struct question, program) },
        { STR("method"), offsetof(struct question, request.method) },
        { STR("host"), offsetof(struct question, request.host) },
        { STR("url"), offsetof(struct question, request.url) },
        { STR("hdrs"), offsetof(struct question, request.headers) },
        { STR("body"), offsetof(struct question, request.body) },
        { STR("auth"), offsetof(struct question, request.authorization) },
        { STR("pauth"), offsetof(struct question, request.proxy_authorization) },
    };
    struct question *out = context;
    (void)message;
    if (str_eq(argument, STR("src"))) {
        take_address(&out->request.source, value);
        return;
    }
    if (str_eq(argument, STR("tls")) && value->type == VALUE_BOOL)
        out->request.tls = value->number != 0;
    else if (str_eq(argument, STR("size")) && value->type >= VALUE_INT32 && value->type <= VALUE_UINT64)
        out->request.body_size = value->number;
    if (value->type != VALUE_STRING && value->type != VALUE_BINARY)
        return;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (str_eq(argument, texts[i].name))
            *(struct str *)(void *)((char *)out + texts[i].offset) = value->bytes;
}

/* Over HTTP/2 HAProxy has the scheme and the host in the target: "http://host/path". */
static struct str without_host(struct str url)
{
    size_t scheme = url_scheme_length(url);
    if (scheme == 0 || !str_starts(str_from(url, scheme), STR("://")))
        return url;
    struct str rest = str_from(url, scheme + 3);
    size_t end = str_find(rest, '/');
    return end < rest.n ? str_from(rest, end) : url;
}

bool notify_read(struct str payload, struct question *out)
{
    *out = (struct question){ 0 };
    if (!notify_walk(payload, take_argument, out))
        return false;
    out->request.url = without_host(out->request.url);
    return true;
}
