#include "health/grpc.h"

#include <stdint.h>

enum { FRAME_HEAD = 5, FIELD_STATUS = 1, SERVING = 1 };
enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };

const struct str grpc_question = { "\0\0\0\0\0", FRAME_HEAD };

/* A number of protocol buffers: seven bits a byte, the lowest first. */
static bool take_varint(struct str *rest, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; rest->n && shift < 64; shift += 7) {
        unsigned char c = (unsigned char)rest->p[0];
        *rest = str_from(*rest, 1);
        *out |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80)
            return true;
    }
    return false;
}

/* Passes over the value of a field that is not known. */
static bool skip(struct str *rest, uint64_t wire)
{
    uint64_t n = wire == WIRE_64 ? 8 : 4;
    if (wire == WIRE_VARINT)
        return take_varint(rest, &n);
    if (wire != WIRE_64 && wire != WIRE_32 && !(wire == WIRE_BYTES && take_varint(rest, &n)))
        return false;
    if (n > rest->n)
        return false;
    *rest = str_from(*rest, (size_t)n);
    return true;
}

bool grpc_is_serving(struct str body)
{
    uint64_t status = 0, tag, length = 0;
    if (body.n < FRAME_HEAD || body.n > GRPC_LONGEST_ANSWER ||
        body.p[0] != 0) /* 1: compressed, not asked for */
        return false;
    for (size_t i = 1; i < FRAME_HEAD; i++)
        length = length << 8 | (unsigned char)body.p[i];
    struct str rest = str_from(body, FRAME_HEAD);
    if (length != rest.n)
        return false;
    while (rest.n) {
        bool known = take_varint(&rest, &tag) && tag == (FIELD_STATUS << 3 | WIRE_VARINT);
        if (known ? !take_varint(&rest, &status) : !skip(&rest, tag & 7))
            return false;
    }
    return status == SERVING;
}
