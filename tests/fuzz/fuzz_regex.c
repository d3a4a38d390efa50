/* Regular expressions: what is accepted compiles, within the size that was told, and is written in harmless
 * bytes. The text in front of the first NUL is the pattern, what stands behind it is matched. */
#include <assert.h>

#include "route/regex_run.h"

static void check_written(const struct regex *re)
{
    struct buf out = { 0 };
    regex_put(&out, re, "(?<=\\n>)");
    for (size_t i = 0; i < out.n; i++)
        assert(out.p[i] > 0x20 && out.p[i] < 0x7f && !strchr("#;\"'`", out.p[i]));
    buf_fini(&out);
}

static void check_facts(struct arena *arena, const struct regex *re, struct str value)
{
    struct str prefix = regex_prefix(arena, re), suffix = regex_suffix(arena, re), text;
    bool whole, matches = regex_match(re, value);
    assert(!matches || (str_starts(value, prefix) && str_ends(value, suffix)));
    assert(!regex_is_always(re) || matches);
    assert(regex_matches_empty(re) == regex_match(re, STR("")));
    if (regex_is_text(arena, re, &text, &whole))
        assert(matches == (whole ? str_eq(value, text) : str_starts(value, text)));
    regex_may_explode(re);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct str rest = { (const char *)data, size }, pattern = str_cut(&rest, '\0');
    for (int alphabet = REGEX_BYTES; alphabet <= REGEX_ASCII; alphabet++) {
        struct regex_fault fault;
        const struct regex *re = regex_parse(arena, pattern, (enum regex_alphabet)alphabet, &fault);
        assert(re || (fault.message && fault.at <= pattern.n && fault.length <= pattern.n - fault.at));
        if (!re)
            continue;
        size_t compiled = regex_compiled_size(re);
        assert(compiled > 0 && compiled <= regex_size(re));
        check_written(re);
        if (alphabet == REGEX_BYTES)
            check_facts(arena, re, str_head(rest, 200));
    }
    arena_destroy(arena);
    return 0;
}
