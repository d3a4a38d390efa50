#include "relay/coding.h"

#include <stdlib.h>

#include "base/buf.h"

static const struct str names[] = { [CODING_NONE] = STR(""),
                                    [CODING_GZIP] = STR("gzip"),
                                    [CODING_BROTLI] = STR("br"),
                                    [CODING_ZSTD] = STR("zstd") };

struct str coding_name(enum coding coding)
{
    return names[coding];
}

static enum coding coding_of(struct str name)
{
    for (size_t i = CODING_GZIP; i <= CODING_ZSTD; i++)
        if (str_eq(name, names[i]))
            return (enum coding)i;
    return CODING_NONE;
}

/* A media type in small letters without its parameters (mime.ParseMediaType); empty where it is none. */
static struct str media_type(struct str value, char out[static 128])
{
    struct str type = str_trim(str_head(value, str_find(value, ';'))), sub = type, main = str_cut(&sub, '/');
    if (main.n == 0 || type.n >= 128 || (sub.p && (sub.n == 0 || str_find(sub, '/') < sub.n)))
        return (struct str){ 0 };
    for (size_t i = 0; i < type.n; i++)
        out[i] = ascii_lower(type.p[i]);
    return str_of(out, type.n);
}

/* Whether mime.ParseMediaType has no fault to find: two tokens (or one), and parameters name=value or
 * name="quoted". That names differ, as it demands, too, is not looked at. */
static bool is_media_type(struct str value)
{
    struct str type = str_trim(str_cut(&value, ';')), sub = type, main = str_cut(&sub, '/');
    if (!str_is_token(main) || (sub.p && !str_is_token(sub)))
        return false;
    while (str_trim(value).n) {
        struct str name;
        value = str_trim(value);
        name = str_trim(str_cut(&value, '='));
        if (!str_is_token(name) || !value.p)
            return false;
        if (str_starts(value, STR("\""))) {
            size_t end = 1;
            while (end < value.n && value.p[end] != '"')
                end += value.p[end] == '\\' ? 2 : 1;
            if (end >= value.n)
                return false;
            value = str_trim(str_from(value, end + 1));
            if (value.n && value.p[0] != ';')
                return false;
            value = str_from(value, 1);
        } else if (!str_is_token(str_trim(str_cut(&value, ';')))) {
            return false;
        }
    }
    return true;
}

static bool is_listed(const struct directive *d, struct str type)
{
    for (size_t i = 0; i < d->compress.n_types; i++)
        if (str_eq(d->compress.types[i], type))
            return true;
    return false;
}

/* gRPC is always excluded; of requests even where types are included. */
static bool is_excluded(const struct directive *d, struct str type)
{
    return str_eq(type, STR("application/grpc")) || (!d->compress.only && is_listed(d, type));
}

/* Go's ParseFloat, of what weights may look like; 0 where it is no number. */
static double weight_of(struct str text)
{
    char copy[32], *end;
    if (text.n == 0 || text.n >= sizeof copy || strspn(text.p, "0123456789.eE+-") < text.n)
        return 0;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    double weight = strtod(copy, &end);
    return *end == '\0' ? weight : 0;
}

/* How early a name stands: "*" before all, "identity" behind all; < -1: it is not supported. */
static int place_of(const struct directive *d, struct str name)
{
    if (str_eq(name, STR("*")))
        return -1;
    if (str_eq(name, STR("identity")))
        return (int)d->compress.n_encodings;
    for (size_t i = 0; i < d->compress.n_encodings; i++)
        if (str_eq(d->compress.encodings[i], name))
            return (int)i;
    return -2;
}

struct favourite {
    double weight;
    int place;
    bool any;
};

static void weigh(const struct directive *d, struct str item, struct favourite *best)
{
    struct str parameters = item, name = str_cut(&parameters, ';');
    int place = place_of(d, name);
    double weight = 1;
    if (place < -1)
        return;
    if (parameters.p && str_starts(parameters, STR("q=")) &&
        (weight = weight_of(str_from(parameters, 2))) == 0)
        return;
    if (best->any && (weight < best->weight || (weight == best->weight && place >= best->place)))
        return;
    *best = (struct favourite){ weight, place, true };
}

static enum coding accepted(const struct directive *d, const struct heading *request)
{
    struct favourite best = { 0 };
    struct buf line = { 0 };
    for (size_t i = 0; i < request->n; i++) {
        if (!str_eq_nocase(heading_name(request, i), STR("accept-encoding")))
            continue;
        struct str value = heading_value(request, i);
        buf_reset(&line);
        for (size_t j = 0; j < value.n; j++)
            if (value.p[j] != ' ')
                buf_putc(&line, value.p[j]);
        for (struct str rest = buf_str(&line); rest.p;)
            weigh(d, str_cut(&rest, ','), &best);
    }
    buf_fini(&line);
    if (!best.any || best.place == (int)d->compress.n_encodings)
        return CODING_NONE;
    if (best.place >= 0)
        return coding_of(d->compress.encodings[best.place]);
    return coding_of(d->compress.default_encoding.n ? d->compress.default_encoding
                                                    : d->compress.encodings[0]);
}

/* klauspost/compress gzhttp looks at the first line by itself. */
static bool names_gzip(const struct heading *request)
{
    struct str line = heading_get(request, STR("accept-encoding"));
    while (line.p) {
        struct str parameters = str_cut(&line, ','), name = str_trim(str_cut(&parameters, ';'));
        double weight = 1;
        while (parameters.p) {
            struct str parameter = str_trim(str_cut(&parameters, ';'));
            if (str_starts(parameter, STR("q=")))
                weight = weight_of(str_from(parameter, 2));
        }
        if (str_eq_nocase(name, STR("gzip")))
            return weight > 0;
    }
    return false;
}

enum coding coding_choose(const struct directive *d, struct str method, const struct heading *request,
                          bool *idle)
{
    char room[128];
    *idle = false;
    if (str_eq(method, STR("HEAD")) ||
        is_excluded(d, media_type(heading_get(request, STR("content-type")), room)))
        return CODING_NONE;
    bool says = heading_get(request, STR("accept-encoding")).p != NULL;
    enum coding coding = says ? accepted(d, request) : coding_of(d->compress.default_encoding);
    *idle = coding == CODING_GZIP && !names_gzip(request);
    return coding;
}

/* What net/http DetectContentType would say of a body, as far as it decides about compression. */
static struct str guess(struct str first)
{
    struct str text = str_head(first, 512);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < ' ' && !(c >= '\t' && c <= '\r' && c != '\v') && c != 0x1b)
            return STR("application/octet-stream");
    }
    while (text.n && strchr("\t\n\f\r ", text.p[0]))
        text = str_from(text, 1);
    static const struct str html[] = { STR("<!DOCTYPE HTML"),
                                       STR("<HTML"),
                                       STR("<HEAD"),
                                       STR("<SCRIPT"),
                                       STR("<IFRAME"),
                                       STR("<H1"),
                                       STR("<DIV"),
                                       STR("<FONT"),
                                       STR("<TABLE"),
                                       STR("<A"),
                                       STR("<STYLE"),
                                       STR("<TITLE"),
                                       STR("<B"),
                                       STR("<BODY"),
                                       STR("<BR"),
                                       STR("<P"),
                                       STR("<!--") };
    for (size_t i = 0; i < sizeof html / sizeof *html; i++)
        if (str_eq_nocase(str_head(text, html[i].n), html[i]) && text.n > html[i].n &&
            (text.p[html[i].n] == ' ' || text.p[html[i].n] == '>' || i + 1 == sizeof html / sizeof *html))
            return STR("text/html");
    return str_starts(text, STR("<?xml")) ? STR("text/xml") : STR("text/plain");
}

static bool gzip_applies(const struct directive *d, const struct heading *answer, int64_t length,
                         struct str first)
{
    char room[128];
    struct str written = heading_get(answer, STR("content-type"));
    if (heading_get(answer, STR("no-gzip-compression")).p || heading_get(answer, STR("content-range")).n)
        return false;
    if (length > 0 && length < d->compress.min_size)
        return false;
    struct str type = written.n ? media_type(written, room) : guess(first);
    return d->compress.only ? is_listed(d, type) : !is_excluded(d, type);
}

/* An answer whose length nobody knows is sent on piece by piece, and so is compressed whatever its length
 * will be. */
static bool other_applies(const struct directive *d, const struct heading *answer, int64_t length)
{
    char room[128];
    struct str written = heading_get(answer, STR("content-type")), type = media_type(written, room);
    if (written.n && (type.n == 0 || !is_media_type(written)))
        return false;
    if (written.n && d->compress.only && !is_listed(d, type))
        return false;
    if (written.n && !d->compress.only && is_excluded(d, type))
        return false;
    return length < 0 || str_eq(type, STR("text/event-stream")) || length >= d->compress.min_size;
}

bool coding_applies(const struct directive *d, enum coding coding, const struct heading *answer,
                    int64_t length, struct str first)
{
    if (heading_get(answer, STR("content-encoding")).n)
        return false;
    return coding == CODING_GZIP ? gzip_applies(d, answer, length, first) : other_applies(d, answer, length);
}
