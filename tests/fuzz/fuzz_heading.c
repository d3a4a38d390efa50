/* A message that HAProxy hands over, request or answer, cut anywhere: its heading is the same however it was
 * cut, and what is between HAProxy and the relay does not stay in it. The first byte: an odd one for an
 * answer; half of it is the size of the pieces. */
#include <assert.h>
#include <http_parser.h>

#include "relay/heading_reader.h"
#include "relay/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct message {
    struct heading heading;
    struct heading_reader reader;
    struct buf target, text; /* text: all headings, one behind the other */
};

static int on_begin(http_parser *parser)
{
    struct message *m = parser->data;
    heading_reset(&m->heading);
    buf_reset(&m->target);
    heading_reader_start(&m->reader, &m->heading);
    return 0;
}

static int on_target(http_parser *parser, const char *p, size_t n)
{
    struct message *m = parser->data;
    buf_put(&m->target, str_of(p, n));
    return 0;
}

static int on_name(http_parser *parser, const char *p, size_t n)
{
    struct message *m = parser->data;
    return !heading_reader_name(&m->reader, str_of(p, n));
}

static int on_value(http_parser *parser, const char *p, size_t n)
{
    struct message *m = parser->data;
    return !heading_reader_value(&m->reader, str_of(p, n));
}

static void take_request(struct message *m, const http_parser *parser)
{
    static const char *const between[] = {
        HEADER_DO,     HEADER_NEXT,   HEADER_SOURCE,       HEADER_TLS,
        HEADER_METHOD, HEADER_TARGET, "transfer-encoding", "content-length"
    };
    struct request_head head = { .method = str_c(http_method_str((enum http_method)parser->method)),
                                 .target = buf_str(&m->target),
                                 .heading = &m->heading,
                                 .chunked = parser->flags & F_CHUNKED,
                                 .length = (int64_t)parser->content_length };
    bool understood;
    struct request *request = request_take("/nowhere", &head, &understood);
    for (size_t i = 0; i < sizeof between / sizeof *between; i++)
        assert(heading_get(&request->heading, str_c(between[i])).p == NULL);
    assert(!understood || request->directives.n > 0);
    buf_put(&m->text, request->method);
    buf_put(&m->text, request->target);
    heading_put(&m->text, &request->heading);
    request_release(request);
}

static int on_headers(http_parser *parser)
{
    struct message *m = parser->data;
    if (!heading_reader_end(&m->reader))
        return -1;
    heading_put(&m->text, &m->heading);
    if (parser->type == HTTP_REQUEST)
        take_request(m, parser);
    return 0;
}

static int on_complete(http_parser *parser)
{
    struct message *m = parser->data;
    return !heading_reader_end(&m->reader);
}

static struct buf read_in_pieces(enum http_parser_type type, struct str text, size_t piece)
{
    static const http_parser_settings settings = { .on_message_begin = on_begin,
                                                   .on_url = on_target,
                                                   .on_header_field = on_name,
                                                   .on_header_value = on_value,
                                                   .on_headers_complete = on_headers,
                                                   .on_message_complete = on_complete };
    struct message m = { 0 };
    http_parser parser = { .data = &m };
    http_parser_init(&parser, type);
    parser.data = &m;
    while (text.n && HTTP_PARSER_ERRNO(&parser) == HPE_OK && !parser.upgrade) {
        struct str part = str_head(text, piece);
        http_parser_execute(&parser, &settings, part.p, part.n);
        text = str_from(text, part.n);
    }
    heading_reader_fini(&m.reader);
    heading_fini(&m.heading);
    buf_fini(&m.target);
    return m.text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum http_parser_type type = data[0] & 1 ? HTTP_RESPONSE : HTTP_REQUEST;
    struct str text = str_of((const char *)data + 1, size - 1);
    struct buf whole = read_in_pieces(type, text, text.n), cut = read_in_pieces(type, text, data[0] / 2u + 1);
    assert(str_eq(buf_str(&whole), buf_str(&cut)));
    buf_fini(&whole);
    buf_fini(&cut);
    return 0;
}
