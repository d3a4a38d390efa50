/* Any policy.json; its program "p" is run over headers that are the policy again. */
#include <assert.h>

#include "ops/decide.h"
#include "ops/program.h"

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
        struct limiter *limiter = limiter_create(16);
        struct request request = { .host = json, .headers = json };
        struct verdict verdict;
        for (int64_t now_ns = 1; now_ns > 0 && now_ns < INT64_MAX / 8; now_ns *= 8) {
            program_run(program, &request, limiter, now_ns, &verdict);
            assert(verdict.delay_ns >= 0 && (verdict.pass || verdict.status == 429));
        }
        limiter_destroy(limiter);
    }
    program_set_release(set);
    return 0;
}
