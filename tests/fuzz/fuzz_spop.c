/* A peer that sends anything, cut anywhere: the first byte is the size of the pieces, 0 for all at once. What
 * the session answers must be whole frames. */
#include <assert.h>
#include <stdlib.h>

#include "ops/program.h"
#include "ops/verdict.h"
#include "spop/frame.h"
#include "spop/session.h"

static const char policy[] =
    "{\"version\":1,\"programs\":{\"free\":{\"ops\":[]},\"a\":{\"ops\":[{\"op\":\"rateLimit\",\"bucket\":"
    "\"b\","
    "\"average\":10,\"period\":1000000000,\"burst\":2,\"source\":{\"kind\":\"header\",\"name\":\"host\"}},"
    "{\"op\":\"rateLimit\",\"bucket\":\"c\",\"average\":2,\"period\":1000000000,\"burst\":3,\"source\":"
    "{\"kind\":\"ip\"}}]}}}";

struct callee {
    struct program_set *set;
    struct tools tools;
    struct verdict verdict;
};

static enum decided decide(void *context, const struct question *question, struct ack_of of, struct str payload,
                           int64_t now_ns, struct verdict **out)
{
    struct callee *callee = context;
    const struct program *program = program_set_find(callee->set, question->program);
    (void)of;
    (void)payload;
    if (!program)
        return DECIDED_UNKNOWN;
    struct decision d = decision_begin(program, &question->request, &callee->tools, now_ns, &callee->verdict);
    bool decided = decision_run(&d);
    decision_end(&d);
    *out = &callee->verdict;
    return decided ? DECIDED : DECIDED_LATER;
}

static void check_frames(struct str out)
{
    struct frame frame;
    enum spop_status status;
    for (size_t used; out.n > 0; out = str_from(out, used)) {
        enum frame_result result = frame_read(out, FRAME_LARGEST, &frame, &used, &status);
        assert(result == FRAME_OK && frame.payload.n > 0);
    }
}

static bool delay(void *context, struct str answer, int64_t delay_ns)
{
    (void)context;
    check_frames(answer);
    return delay_ns % 2 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct session_calls calls = { .decide = decide, .delay = delay };
    static struct program_set *set; /* read once: reading is another target's business */
    char error[256];
    if (!set)
        set = program_set_parse(str_c(policy), error);
    if (size == 0)
        return 0;
    struct callee callee = { .set = set, .tools.limiter = limiter_create(16) };
    verdict_init(&callee.verdict);
    struct session session;
    struct buf out = buf_make(1 << 20);
    struct str in = str_of((const char *)data + 1, size - 1);
    size_t piece = data[0] ? data[0] : size;
    session_init(&session);
    for (int64_t now_ns = 0; in.n > 0; in = str_from(in, piece), now_ns += 7000001)
        if (!session_feed(&session, &calls, &callee, str_head(in, piece), now_ns, &out))
            break;
    check_frames(buf_str(&out));
    session_fini(&session);
    buf_fini(&out);
    limiter_destroy(callee.tools.limiter);
    verdict_fini(&callee.verdict);
    return 0;
}
