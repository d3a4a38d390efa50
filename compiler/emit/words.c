#include <inttypes.h>

#include "base/quote.h"
#include "emit/parts.h"

struct str emit_duration(struct arena *arena, int64_t ns)
{
    const int64_t ns_per_ms = 1000000, longest_ms = INT64_C(24) * 24 * 3600 * 1000;
    int64_t ms = ns / ns_per_ms + (ns % ns_per_ms > 0);
    if (ns <= 0 || ms >= longest_ms)
        return STR("24d");
    return ms % 1000 ? arena_printf(arena, "%" PRId64 "ms", ms)
                     : arena_printf(arena, "%" PRId64 "s", ms / 1000);
}

struct str emit_path(struct arena *arena, const struct emit_paths *paths, const char *artifact)
{
    return arena_printf(arena, "%.*s/%s", STR_ARG(paths->folder), artifact);
}

struct str emit_word(struct arena *arena, struct str s)
{
    struct buf word = { 0 };
    quote_word(&word, s);
    struct str out = arena_copy(arena, buf_str(&word));
    buf_fini(&word);
    return out;
}
