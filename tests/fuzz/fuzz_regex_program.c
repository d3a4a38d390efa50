/* A pattern, a replacement and a text, parted by line ends: never a crash, and what is written as text is
 * harmless. */
#include <assert.h>
#include <string.h>

#include "route/regex_program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct str rest = { (const char *)data, size < 4000 ? size : 4000 };
    struct str pattern = str_cut(&rest, '\n'), with = str_cut(&rest, '\n');
    struct regex_fault fault;
    const struct regex_program *program = regex_program_compile(arena, pattern, &fault);
    struct buf out = buf_make(1 << 20), text = { 0 };
    assert(program || fault.message);
    if (program) {
        struct regex_template parts = regex_template_read(arena, program, with);
        bool any = regex_program_replace(program, &parts, rest, &out);
        assert(any || out.failed || str_eq(buf_str(&out), rest));
        regex_program_put(&text, program);
        for (size_t i = 0; i < text.n; i++)
            assert(text.p[i] > ' ' && text.p[i] < 0x7f && !strchr("?;%\"\\", text.p[i]));
    }
    buf_fini(&out);
    buf_fini(&text);
    arena_destroy(arena);
    return 0;
}
