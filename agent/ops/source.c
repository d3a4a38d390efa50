#include "ops/source.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/fields.h"

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

/* Text to an address, IPv4 mapped. A zone ("%eth0") is passed over. */
static bool read_address(struct str s, unsigned char out[static 16])
{
    char text[SOURCE_TEXT];
    s = str_head(s, str_find(s, '%'));
    if (s.n == 0 || s.n >= sizeof text || memchr(s.p, '\0', s.n))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    memcpy(out, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, out + 12) == 1 || inet_pton(AF_INET6, text, out) == 1;
}

static bool read_network(struct str s, struct network *out)
{
    size_t slash = str_find(s, '/');
    int64_t bits = 128;
    if (!read_address(str_head(s, slash), out->bytes))
        return false;
    bool v4 = str_find(str_head(s, slash), ':') == slash;
    if (slash < s.n && (!str_to_int64(str_from(s, slash + 1), &bits) || bits < 0 || bits > (v4 ? 32 : 128)))
        return false;
    out->bits = (unsigned)bits + (v4 && slash < s.n ? 96 : 0);
    return true;
}

static bool contains(const struct network *network, const unsigned char address[static 16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    return memcmp(network->bytes, address, whole) == 0 &&
           (rest == 0 || ((network->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0);
}

static bool read_excluded(struct json_object *array, struct source *out, char error[static 256])
{
    size_t n = array ? json_object_array_length(array) : 0;
    out->excluded = n ? xmalloc(n * sizeof *out->excluded) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct json_object *text = json_object_array_get_idx(array, i);
        if (!json_object_is_type(text, json_type_string) || !read_network(field_str(text), &out->excluded[out->n_excluded++])) {
            snprintf(error, 256, "excluded %zu is no network", i + 1);
            return false;
        }
    }
    return true;
}

bool criterion_read(struct json_object *from, struct source *out, char error[static 256])
{
    static const char *const kinds[] = { [SOURCE_IP] = "ip",
                                         [SOURCE_DEPTH] = "depth",
                                         [SOURCE_EXCLUDED] = "excluded",
                                         [SOURCE_HEADER] = "header",
                                         [SOURCE_HOST] = "host" };
    struct field fields[] = { { "kind", json_type_string, true, NULL },    { "name", json_type_string, false, NULL },
                              { "depth", json_type_int, false, NULL },     { "excluded", json_type_array, false, NULL },
                              { "subnet", json_type_int, false, NULL } };
    if (!fields_read(from, fields, 5, error))
        return false;
    size_t kind = 0;
    while (kind < sizeof kinds / sizeof *kinds && !str_eq(field_str(fields[0].value), str_c(kinds[kind])))
        kind++;
    if (kind == sizeof kinds / sizeof *kinds) {
        snprintf(error, 256, "unknown kind of source \"%.60s\"", field_str(fields[0].value).p);
        return false;
    }
    struct str name = fields[1].value ? field_str(fields[1].value) : STR("");
    if ((kind == SOURCE_HEADER) != (name.n > 0)) {
        snprintf(error, 256, "a source has a name if, and only if, it is a header");
        return false;
    }
    int64_t subnet = fields[4].value ? json_object_get_int64(fields[4].value) : 0;
    out->kind = (enum source_kind)kind;
    out->header = str_own(name);
    out->depth = fields[2].value ? json_object_get_int64(fields[2].value) : 0;
    out->subnet = subnet > 0 && subnet <= 128 ? (unsigned)subnet : 0;
    if ((kind == SOURCE_DEPTH) != (out->depth > 0)) {
        snprintf(error, 256, "a source has a depth if, and only if, it is one by depth");
        return false;
    }
    return read_excluded(fields[3].value, out, error);
}

void criterion_fini(struct source *source)
{
    free((char *)source->header.p);
    free(source->excluded);
    *source = (struct source){ 0 };
}

struct str address_text(const struct address *a, char memory[static SOURCE_TEXT])
{
    bool is_mapped = a->length == 16 && memcmp(a->bytes, mapped, sizeof mapped) == 0;
    memory[0] = '\0';
    if (a->length == 4 || is_mapped)
        inet_ntop(AF_INET, a->bytes + (is_mapped ? 12 : 0), memory, SOURCE_TEXT);
    else if (a->length == 16)
        inet_ntop(AF_INET6, a->bytes, memory, SOURCE_TEXT);
    return str_c(memory);
}

/* An address text by its network: only IPv6 is masked, and so is an IPv4 address in its mapped form. */
static struct str masked(const struct source *source, struct str text, char memory[static SOURCE_TEXT])
{
    unsigned char bytes[16];
    if (source->subnet == 0 || str_find(text, ':') == text.n || !read_address(text, bytes))
        return text;
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = source->subnet > 8 * i ? source->subnet - 8 * i : 0;
        bytes[i] = (unsigned char)(keep >= 8 ? bytes[i] : bytes[i] & (0xff00 >> keep));
    }
    inet_ntop(AF_INET6, bytes, memory, SOURCE_TEXT);
    return str_c(memory);
}

/* X-Forwarded-For as it was received: the entry point has put the peer's own address at its end. */
static struct str received_for(const struct request *request)
{
    struct str all = headers_find(request->headers, STR("x-forwarded-for"));
    size_t comma = all.n;
    while (comma > 0 && all.p[comma - 1] != ',')
        comma--;
    return str_head(all, comma ? comma - 1 : 0);
}

/* The last element off the end of a list. */
static struct str take_last(struct str *list)
{
    size_t comma = list->n;
    while (comma > 0 && list->p[comma - 1] != ',')
        comma--;
    struct str last = str_trim(str_from(*list, comma));
    *list = comma ? str_head(*list, comma - 1) : (struct str){ 0 };
    return last;
}

static struct str by_depth(const struct source *source, struct str list)
{
    struct str element = STR("");
    bool there = true; /* an absent header is one empty element */
    for (int64_t i = 0; i < source->depth && there; i++) {
        there = i == 0 || list.p != NULL;
        element = there ? take_last(&list) : STR("");
    }
    return element;
}

static struct str not_excluded(const struct source *source, struct str list)
{
    while (list.p) {
        struct str element = take_last(&list);
        unsigned char bytes[16];
        bool excluded = element.n == 0;
        if (element.n && read_address(element, bytes))
            for (size_t i = 0; i < source->n_excluded && !excluded; i++)
                excluded = contains(&source->excluded[i], bytes);
        if (!excluded)
            return element;
    }
    return STR("");
}

struct str criterion_source(const struct source *source, const struct request *request, char memory[static SOURCE_TEXT])
{
    switch (source->kind) {
    case SOURCE_HEADER:
        return headers_find(request->headers, source->header);
    case SOURCE_HOST:
        return request->host;
    case SOURCE_DEPTH:
        return masked(source, by_depth(source, received_for(request)), memory);
    case SOURCE_EXCLUDED:
        return not_excluded(source, received_for(request));
    case SOURCE_IP:
        break;
    }
    return masked(source, address_text(&request->source, memory), memory);
}
