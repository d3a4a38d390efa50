/* Any sources of settings: lines that begin with '-' or '>' are words of the command line, with '|' lines of
 * a file, others variables. */
#include <assert.h>

#include "base/vec.h"
#include "route/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str lines = str_of((const char *)data, size);
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 50);
    VEC(const char *) flags = { 0 }, environment = { 0 };
    struct buf file = { 0 }, out = { 0 };
    while (lines.n) {
        struct str line = str_cut(&lines, '\n'),
                   copy = arena_copy(arena, str_from(line, str_starts(line, STR(">"))));
        if (str_starts(line, STR("|"))) {
            buf_put(&file, str_from(line, 1));
            buf_putc(&file, '\n');
        } else if (str_starts(line, STR("-")) || str_starts(line, STR(">"))) {
            vec_push(&flags, copy.p);
        } else {
            vec_push(&environment, copy.p);
        }
    }
    vec_push(&environment, NULL);
    struct settings_sources sources = { flags.p, flags.n, environment.p, buf_str(&file), STR("f.yml") };
    const struct settings *settings = settings_read(arena, &sources, diag);
    assert(settings->n_entry_points > 0);
    for (size_t i = 1; i < settings->n_entry_points; i++)
        assert(str_cmp(settings->entry_points[i - 1].name, settings->entry_points[i].name) < 0);
    char instance[13];
    settings_instance(settings, instance);
    settings_config_file(flags.p, flags.n);
    diag_print(&out, diag, false);
    buf_fini(&out);
    buf_fini(&file);
    vec_fini(&flags);
    vec_fini(&environment);
    arena_destroy(arena);
    return 0;
}
