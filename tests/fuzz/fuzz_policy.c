/* Any policy.json; its program "p" is run over headers that are the policy again. */
#include <assert.h>

#include "ops/decide.h"
#include "ops/nonces.h"
#include "ops/program.h"
#include "ops/verdict.h"
#include "ops/verified.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str json = str_of((const char *)data, size);
    char error[256] = "";
    struct program_set *set = program_set_parse(json, error);
    assert((set == NULL) == (error[0] != '\0'));
    if (!set)
        return 0;
    const struct program *program = program_set_find(set, STR("p"));
    if (program) {
        struct tools tools = { .limiter = limiter_create(16),
                               .verified = verified_create(),
                               .nonces = nonces_create(16) };
        struct request request = {
            .host = json, .headers = json, .authorization = json, .url = json, .method = json
        };
        struct verdict verdict;
        verdict_init(&verdict);
        for (int64_t now_ns = 1; now_ns > 0 && now_ns < INT64_MAX / 8; now_ns *= 8) {
            struct decision d = decision_begin(program, &request, &tools, now_ns, &verdict);
            decision_run(&d);
            decision_end(&d);
            assert(verdict.delay_ns >= 0 && (verdict.pass || verdict.status >= 400));
        }
        verdict_fini(&verdict);
        nonces_destroy(tools.nonces);
        verified_destroy(tools.verified);
        limiter_destroy(tools.limiter);
    }
    program_set_release(set);
    return 0;
}
