/* URLs of servers. */
#include <assert.h>

#include "route/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    struct url url;
    if (url_parse(text, &url))
        return 0;
    assert(url.port >= 0 && url.port < 65536); /* 0: one that cannot be connected to */
    assert((url.nowhere != NULL) == (url.host.n == 0));
    for (size_t i = 0; i < url.host.n; i++) {
        char c = ascii_lower(url.host.p[i]);
        assert((c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':');
    }
    return 0;
}
