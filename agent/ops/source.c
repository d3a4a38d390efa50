#include "ops/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/fields.h"

static bool read_excluded(struct json_object *array, struct source *out, char error[static 256])
{
    size_t n = array ? json_object_array_length(array) : 0;
    out->excluded = n ? xmalloc(n * sizeof *out->excluded) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct json_object *text = json_object_array_get_idx(array, i);
        if (!json_object_is_type(text, json_type_string) ||
            !address_range_read(field_str(text), &out->excluded[out->n_excluded++])) {
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
    struct field fields[] = { { "kind", json_type_string, true, NULL },
                              { "name", json_type_string, false, NULL },
                              { "depth", json_type_int, false, NULL },
                              { "excluded", json_type_array, false, NULL },
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
        struct address address;
        bool excluded = element.n == 0;
        if (element.n && address_read_zoned(element, &address))
            for (size_t i = 0; i < source->n_excluded && !excluded; i++)
                excluded = address_is_in(&address, &source->excluded[i]);
        if (!excluded)
            return element;
    }
    return STR("");
}

/* What a Go server shows of the header: some never, and X-Forwarded-For is still without the peer. */
static struct str header_seen(const struct request *request, struct str name)
{
    if (str_eq_nocase(name, STR("host")) || str_eq_nocase(name, STR("transfer-encoding")) ||
        str_eq_nocase(name, STR("trailer")))
        return STR("");
    return str_eq_nocase(name, STR("x-forwarded-for")) ? received_for(request)
                                                       : headers_find(request->headers, name);
}

struct str criterion_source(const struct source *source, const struct request *request,
                            char memory[static ADDRESS_TEXT])
{
    switch (source->kind) {
    case SOURCE_HEADER:
        return header_seen(request, source->header);
    case SOURCE_HOST:
        return request->host;
    case SOURCE_DEPTH:
        return address_text_by_subnet(by_depth(source, received_for(request)), source->subnet, memory);
    case SOURCE_EXCLUDED:
        return not_excluded(source, received_for(request));
    case SOURCE_IP:
        break;
    }
    return address_text_by_subnet(address_text(&request->source, memory), source->subnet, memory);
}
