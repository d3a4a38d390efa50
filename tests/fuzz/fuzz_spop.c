/* A peer that sends anything, cut anywhere. The first byte says where: 0 nowhere, up to 127 after so many
 * bytes each time, from 128 on at places of its choice. What the session answers must be whole frames, and
 * the same however the bytes were cut. */
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
    const struct program_set *set;
    struct tools tools;
    struct verdict verdict;
};

static enum decided decide(void *context, const struct question *question, struct ack_of of,
                           struct str payload, int64_t now_ns, struct verdict **out)
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

/* Where the next piece ends: a small generator, so that a crash comes again. */
static size_t next_piece(unsigned cut, uint32_t *random, size_t left)
{
    *random = *random * 1664525 + 1013904223;
    size_t piece = cut == 0 ? left : cut < 128 ? cut : (*random >> 16) % (*random >> 31 ? 5 : 200) + 1;
    return piece < left ? piece : left;
}

/* What a session answers to `in`. */
static void talk(const struct program_set *set, struct str in, unsigned cut, struct buf *out)
{
    static const struct session_calls calls = { .decide = decide, .delay = delay };
    struct callee callee = { .set = set, .tools.limiter = limiter_create(16) };
    uint32_t random = cut;
    struct session session;
    verdict_init(&callee.verdict);
    session_init(&session);
    while (in.n > 0) {
        size_t piece = next_piece(cut, &random, in.n);
        if (!session_feed(&session, &calls, &callee, str_head(in, piece), 7000001, out))
            break;
        in = str_from(in, piece);
    }
    session_fini(&session);
    limiter_destroy(callee.tools.limiter);
    verdict_fini(&callee.verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct program_set *set; /* read once: reading is another target's business */
    char error[256];
    if (!set)
        set = program_set_parse(str_c(policy), error);
    if (size == 0)
        return 0;
    struct buf cut = buf_make(1 << 20), whole = buf_make(1 << 20);
    struct str in = str_of((const char *)data + 1, size - 1);
    talk(set, in, data[0], &cut);
    talk(set, in, 0, &whole);
    check_frames(buf_str(&cut));
    assert(str_eq(buf_str(&cut), buf_str(&whole)));
    buf_fini(&cut);
    buf_fini(&whole);
    return 0;
}
