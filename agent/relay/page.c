#include "relay/page.h"

#include <string.h>

#include "base/escape.h"
#include "base/hex.h"

/* net/url QueryEscape. */
static void put_escaped(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (escape_is_unreserved(s.p[i]))
            buf_putc(out, s.p[i]);
        else if (s.p[i] == ' ')
            buf_putc(out, '+');
        else
            hex_put_code(out, '%', s.p[i]);
    }
}

static void put_url(struct buf *out, const struct request *request)
{
    struct buf url = { 0 };
    buf_puts(&url, request->tls.n ? "https://" : "http://");
    buf_put(&url, heading_get(&request->heading, STR("host")));
    size_t query = str_find(request->target, '?'); /* net/url writes no empty one */
    buf_put(&url, query + 1 == request->target.n ? str_head(request->target, query) : request->target);
    put_escaped(out, buf_str(&url));
    buf_fini(&url);
}

static void put_filled(struct buf *out, const struct request *request, struct str query, int status,
                       int original)
{
    while (query.n) {
        static const struct str names[] = { STR("{status}"), STR("{originalStatus}"), STR("{url}") };
        if (str_starts(query, names[0])) {
            buf_printf(out, "%d", status);
            query = str_from(query, names[0].n);
        } else if (str_starts(query, names[1])) {
            buf_printf(out, "%d", original);
            query = str_from(query, names[1].n);
        } else if (str_starts(query, names[2])) {
            put_url(out, request);
            query = str_from(query, names[2].n);
        } else {
            buf_putc(out, query.p[0]);
            query = str_from(query, 1);
        }
    }
}

/* As net/url writes what it has read: without a fragment, and with codes for what cannot stand in a path. */
static bool put_target(struct buf *out, struct str url)
{
    bool in_path = true;
    url = str_head(url, str_find(url, '#'));
    for (size_t i = 0; i < url.n; i++) {
        unsigned char c = (unsigned char)url.p[i];
        if (c < ' ' || c == 0x7f)
            return false;
        if (in_path && c == '%' && !escape_is_code(url, i))
            return false;
        in_path = in_path && c != '?';
        if (c == ' ' || c >= 0x80 || (in_path && strchr("\"<>\\^`{|}", c)))
            hex_put_code(out, '%', (char)c);
        else
            buf_putc(out, (char)c);
    }
    return true;
}

void page_request_read(struct arena *arena, struct str asked, struct str *target, struct heading *headers)
{
    struct str rest = escape_decode(arena, asked);
    *target = str_cut(&rest, '\n');
    while (rest.p) {
        struct str value = str_cut(&rest, '\n'), name = str_cut(&value, ':');
        if (str_is_token(name) && str_is_field_value(value))
            heading_add(headers, name, value);
    }
    request_drop_framing(headers);
}

bool page_target(struct buf *out, const struct request *request, struct str query, int status, int original)
{
    struct buf url = { 0 };
    buf_putc(&url, '/');
    put_filled(&url, request, str_from(query, query.n && query.p[0] == '/'), status, original);
    bool ok = put_target(out, buf_str(&url));
    buf_fini(&url);
    return ok;
}

static bool is_wanted(const struct directive *d, struct str name)
{
    for (size_t i = 0; i < d->errors.n_headers; i++)
        if (str_eq_nocase(d->errors.headers[i], name))
            return true;
    return d->errors.all_headers;
}

/* Without our own word at its end. */
static struct str as_received(struct str value, struct str peer)
{
    if (str_eq(value, peer))
        return (struct str){ 0 };
    if (str_ends(value, peer) && str_ends(str_head(value, value.n - peer.n), STR(", ")))
        return str_head(value, value.n - peer.n - 2);
    return value;
}

void page_headers(struct heading *out, const struct request *request, const struct directive *d)
{
    for (size_t i = 0; i < request->heading.n; i++) {
        struct str name = heading_name(&request->heading, i), value = heading_value(&request->heading, i);
        bool host = str_eq_nocase(name, STR("host"));
        if (!host && !is_wanted(d, name))
            continue;
        if (str_eq_nocase(name, STR("x-forwarded-for"))) {
            value = as_received(str_trim(value), request->source);
            if (!value.p)
                continue;
        }
        heading_add(out, name, value);
    }
}
