/* Any text as a stored hash, and what stands behind its line end as a password. Costs beyond the least are
 * not paid here. */
#include <assert.h>

#include "ops/password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str password = str_of((const char *)data, size), hash = str_cut(&password, '\n');
    enum password_scheme scheme = password_scheme(hash);
    bool slow = scheme == PASSWORD_BCRYPT && !str_eq(str_head(str_from(hash, 4), 2), STR("04"));
    bool matches = !slow && password_check(hash, password);
    assert(!matches || scheme != PASSWORD_UNUSABLE);
    return 0;
}
