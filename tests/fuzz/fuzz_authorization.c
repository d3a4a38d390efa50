/* Any Authorization header, as Basic and as Digest. What is read lies in the reader's own memory. */
#include <assert.h>

#include "ops/credentials.h"
#include "ops/digest_params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct str s, const char *bytes, size_t room)
{
    assert(s.n == 0 || (s.p >= bytes && s.p + s.n <= bytes + room) || s.p[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str header = str_of((const char *)data, size);
    static struct credentials basic;
    static struct digest_params digest;
    if (credentials_read(header, &basic)) {
        check_inside(basic.user, basic.bytes, sizeof basic.bytes);
        check_inside(basic.password, basic.bytes, sizeof basic.bytes);
        assert(str_find(basic.user, ':') == basic.user.n);
    } else {
        assert(basic.user.n == 0 && basic.password.n == 0);
    }
    bool any = digest_params_read(header, &digest);
    const struct str all[] = { digest.username, digest.realm,     digest.nonce, digest.uri, digest.response,
                               digest.opaque,   digest.algorithm, digest.qop,   digest.nc,  digest.cnonce };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert(any || all[i].p == NULL);
        check_inside(all[i], digest.bytes, sizeof digest.bytes);
    }
    return 0;
}
