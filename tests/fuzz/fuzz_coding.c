/* Accept-Encoding and Content-Type of a request, headings and first bytes of an answer, parted by line ends.
 * A coding is chosen only among those of the directive. */
#include <assert.h>

#include "relay/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = { "compress?1024??gzip,br,zstd?but;",
                                         "compress?0?br?gzip,br?but?text/html;",
                                         "compress?9?zstd?zstd?only?text/plain?application/*;" };
    struct arena *arena = arena_create();
    struct str rest = str_of((const char *)data, size), first = str_cut(&rest, '\n');
    struct directives read;
    struct heading request = { 0 }, answer = { 0 };
    bool idle;
    assert(directives_read(arena, str_c(texts[first.n % 3]), &read));
    const struct directive *d = &read.p[0];
    heading_add(&request, STR("accept-encoding"), first);
    heading_add(&request, STR("content-type"), str_cut(&rest, '\n'));
    heading_add(&answer, STR("content-type"), str_cut(&rest, '\n'));
    heading_add(&answer, STR("content-encoding"), str_cut(&rest, '\n'));
    enum coding coding = coding_choose(d, STR("GET"), &request, &idle);
    bool listed = coding == CODING_NONE;
    for (size_t i = 0; i < d->compress.n_encodings; i++)
        listed = listed || str_eq(d->compress.encodings[i], coding_name(coding));
    assert(listed || idle);
    if (coding != CODING_NONE)
        (void)coding_applies(d, coding, &answer, size % 2 ? -1 : (int64_t)rest.n, rest);
    heading_fini(&request);
    heading_fini(&answer);
    arena_destroy(arena);
    return 0;
}
