/* An authentication server that says anything, to a client that said anything: the first half are the
 * request's headers, the rest is the answer's lines. What comes out are whole lines, and a Location that
 * begins as the address does or is absolute itself. */
#include <assert.h>
#include <stdlib.h>

#include "ops/forward.h"
#include "ops/op.h"
#include "ops/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(struct str lines)
{
    assert(lines.n == 0 || lines.p[lines.n - 1] == '\n');
}

static const struct op *ops(size_t at)
{
    static const char *const texts[] = {
        "{\"op\":\"forwardAuth\",\"address\":\"http://auth/v/"
        "w?x\",\"responseHeaders\":[\"X-A\"],\"responseHeadersRegex\":\"^X-|Cookie\","
        "\"cookies\":[\"a\"],\"trust\":false}",
        "{\"op\":\"forwardAuth\",\"address\":\"http://auth\",\"signin\":\"../"
        "in\",\"requestHeaders\":[\"X-A\",\"Host\"]}",
    };
    static struct op all[2];
    char error[256];
    if (!all[at].type) {
        struct json_object *json = json_tokener_parse(texts[at]);
        all[at].type = &forward_auth_op;
        assert(forward_auth_op.parse(json, &all[at], error));
        json_object_put(json);
    }
    return &all[at];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct str in = str_of((const char *)data + 2, size - 2), half = str_head(in, in.n / 2),
               rest = str_from(in, in.n / 2);
    const struct op *op = ops(data[0] & 1);
    struct request request = {
        .headers = half, .url = rest, .host = half, .method = half, .source = { 4, { 1 } }
    };
    struct forward_answer answer = { .status = 100 + data[1] * 2 };
    struct verdict v;
    struct buf sent = { 0 }, location = { 0 };
    bool decode;
    verdict_init(&v);
    buf_put(&answer.headers, rest);
    forward_headers(&sent, &op->forward_auth, &request, &decode);
    bool passes = forward_judge(&op->forward_auth, &request, &answer, &v);
    assert(passes == v.pass && (passes || v.status == answer.status || v.status == 302));
    check_lines(buf_str(&sent));
    check_lines(buf_str(&v.request));
    check_lines(buf_str(&v.cookies));
    check_lines(buf_str(&v.answer));
    location_resolve(&location, STR("http://auth/v/w?x"), rest);
    assert(str_starts(buf_str(&location), STR("http:")) || str_find(buf_str(&location), ':') < location.n);
    buf_fini(&sent);
    buf_fini(&location);
    buf_fini(&answer.headers);
    verdict_fini(&v);
    return 0;
}
