#include "base/hash.h"
#include "plan/service.h"

enum { FILE_DIGITS = 16 };

const struct plan_file *plan_file_of(struct arena *arena, const char *kind, struct str bytes)
{
    char digest[FILE_DIGITS + 1];
    if (bytes.n == 0)
        return NULL;
    struct plan_file *file = ARENA_NEW(arena, struct plan_file);
    sha256_hex(bytes, digest, FILE_DIGITS);
    *file = (struct plan_file){ arena_printf(arena, "%s-%s.pem", kind, digest), bytes, kind[0] == 'i' };
    return file;
}
