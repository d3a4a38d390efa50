#include "spop/delays.h"

#include <stdlib.h>

#include "base/arena.h"

struct delayed {
    int64_t due_ns;
    void *owner;
    char *answer;
    size_t n;
};

void delays_init(struct delays *delays, size_t limit)
{
    *delays = (struct delays){ .limit = limit };
}

void delays_fini(struct delays *delays)
{
    for (size_t i = 0; i < delays->n; i++)
        free(delays->heap[i].answer);
    free(delays->heap);
    *delays = (struct delays){ .limit = delays->limit };
}

bool delays_push(struct delays *delays, int64_t due_ns, void *owner, struct str answer)
{
    if (delays->n == delays->limit)
        return false;
    if (delays->n == delays->cap) {
        delays->cap = delays->cap ? delays->cap * 2 : 64;
        delays->heap = xrealloc(delays->heap, delays->cap * sizeof *delays->heap);
    }
    char *copy = xmalloc(answer.n);
    memcpy(copy, answer.p, answer.n);
    size_t i = delays->n++;
    for (; i > 0 && delays->heap[(i - 1) / 2].due_ns > due_ns; i = (i - 1) / 2)
        delays->heap[i] = delays->heap[(i - 1) / 2];
    delays->heap[i] = (struct delayed){ .due_ns = due_ns, .owner = owner, .answer = copy, .n = answer.n };
    return true;
}

int64_t delays_next(const struct delays *delays)
{
    return delays->n ? delays->heap[0].due_ns : INT64_MAX;
}

/* Puts `last` where the first one was taken out, and then where it belongs. */
static void sift_down(struct delays *delays, struct delayed last)
{
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < delays->n; i = child) {
        if (child + 1 < delays->n && delays->heap[child + 1].due_ns < delays->heap[child].due_ns)
            child++;
        if (delays->heap[child].due_ns >= last.due_ns)
            break;
        delays->heap[i] = delays->heap[child];
    }
    delays->heap[i] = last;
}

bool delays_pop(struct delays *delays, int64_t now_ns, void **owner, char **answer, size_t *n)
{
    if (delays->n == 0 || delays->heap[0].due_ns > now_ns)
        return false;
    struct delayed first = delays->heap[0];
    *owner = first.owner;
    *answer = first.answer;
    *n = first.n;
    delays->n--;
    if (delays->n > 0)
        sift_down(delays, delays->heap[delays->n]);
    return true;
}
