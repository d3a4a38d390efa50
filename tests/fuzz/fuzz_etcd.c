/* What etcd sends us. The first byte picks the reader. */
#include <stdint.h>
#include <stdlib.h>

#include "etcd/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void fuzz_range(struct arena *arena, struct str text)
{
    struct etcd_range range = { 0 };
    if (etcd_read_range(arena, text, &range))
        for (size_t i = 0; i < range.pairs.n; i++)
            check(range.pairs.p[i].key.n > 0 && range.pairs.p[i].value.p);
    etcd_range_fini(&range);
}

static void fuzz_message(struct arena *arena, struct str text)
{
    struct etcd_message message = { 0 };
    for (struct str rest = text; rest.p;) /* one struct for all lines, as a stream does it */
        if (etcd_read_message(arena, str_cut(&rest, '\n'), &message))
            for (size_t i = 0; i < message.changes.n; i++)
                check(message.changes.p[i].event.key.n > 0 && message.changes.p[i].revision > 0);
    etcd_message_fini(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *arena = arena_create();
    struct str text = str_of((const char *)data + 1, size - 1), token;
    switch (data[0] % 4) {
    case 0:
        fuzz_range(arena, text);
        break;
    case 1:
        fuzz_message(arena, text);
        break;
    case 2:
        check(etcd_read_error(400, text).kind != ETCD_OK);
        break;
    default:
        check(!etcd_read_token(arena, text, &token) || token.n > 0);
    }
    arena_destroy(arena);
    return 0;
}
