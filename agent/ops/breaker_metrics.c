#include "ops/breaker_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define SECOND_NS INT64_C(1000000000)

enum {
    SECONDS = 10,
    /* A histogram with two significant digits (HdrHistogram): values in microseconds, steps that double every
       128. */
    HALF = 128,
    HIGHEST_BITS = 32, /* an hour is below 2^32 microseconds */
    CELLS = (HIGHEST_BITS - 7 + 1) * HALF,
    SLICES = 6 /* of ten seconds */
};
#define HOUR_US INT64_C(3600000000)

struct latencies {
    uint32_t cells[SLICES][CELLS];
    size_t at;
    int64_t rolled_ns;
};

/* Brings the count to a second: what is older than ten is gone. */
static void roll(struct breaker_count *count, int64_t second)
{
    int64_t steps = second - count->second;
    for (int64_t i = 0; i < steps && i < SECONDS; i++)
        count->values[(second - i) % SECONDS] = 0;
    count->second = steps > 0 ? second : count->second;
}

static void add(struct breaker_count *count, int64_t now_ns)
{
    roll(count, now_ns / SECOND_NS);
    count->values[count->second % SECONDS]++;
}

static int64_t sum(struct breaker_count *count, int64_t now_ns)
{
    int64_t all = 0;
    roll(count, now_ns / SECOND_NS);
    for (size_t i = 0; i < SECONDS; i++)
        all += count->values[i];
    return all;
}

void breaker_metrics_init(struct breaker_metrics *m, bool latencies)
{
    *m = (struct breaker_metrics){ 0 };
    if (!latencies)
        return;
    m->latencies = xmalloc(sizeof *m->latencies);
    memset(m->latencies, 0, sizeof *m->latencies);
}

void breaker_metrics_fini(struct breaker_metrics *m)
{
    free(m->codes);
    free(m->latencies);
}

static size_t cell_of(uint64_t us)
{
    unsigned step = 0; /* the values of a cell: 1 << step */
    while (us >> step >= 2 * HALF)
        step++;
    return (size_t)((us >> step) + (uint64_t)step * HALF);
}

/* The greatest value that falls into a cell. */
static uint64_t top_of(size_t cell)
{
    unsigned step = cell < 2 * HALF ? 0 : (unsigned)(cell / HALF - 1);
    return (((uint64_t)(cell - (size_t)step * HALF) + 1) << step) - 1;
}

static void add_latency(struct latencies *l, int64_t latency_ns, int64_t now_ns)
{
    int64_t us = latency_ns / 1000;
    if (now_ns - l->rolled_ns >= SECONDS * SECOND_NS) {
        l->at = (l->at + 1) % SLICES;
        memset(l->cells[l->at], 0, sizeof l->cells[l->at]);
        l->rolled_ns = now_ns;
    }
    if (us >= 0 && us <= HOUR_US)
        l->cells[l->at][cell_of((uint64_t)us)]++;
}

static struct breaker_count *count_of(struct breaker_metrics *m, int status)
{
    for (size_t i = 0; i < m->n_codes; i++)
        if (m->codes[i].status == status)
            return &m->codes[i].count;
    m->codes = xrealloc(m->codes, (m->n_codes + 1) * sizeof *m->codes);
    m->codes[m->n_codes] = (struct breaker_code){ .status = status };
    return &m->codes[m->n_codes++].count;
}

void breaker_metrics_record(struct breaker_metrics *m, int status, int64_t latency_ns, int64_t now_ns)
{
    add(&m->all, now_ns);
    if (status == 502 || status == 504)
        add(&m->network_errors, now_ns);
    add(count_of(m, status), now_ns);
    if (m->latencies)
        add_latency(m->latencies, latency_ns, now_ns);
}

void breaker_metrics_reset(struct breaker_metrics *m, int64_t now_ns)
{
    m->all = m->network_errors = (struct breaker_count){ 0 };
    m->n_codes = 0;
    if (!m->latencies)
        return;
    memset(m->latencies, 0, sizeof *m->latencies);
    m->latencies->rolled_ns = now_ns;
}

int64_t breaker_requests(struct breaker_metrics *m, int64_t now_ns)
{
    return sum(&m->all, now_ns);
}

double breaker_network_ratio(struct breaker_metrics *m, int64_t now_ns)
{
    int64_t all = sum(&m->all, now_ns);
    return all ? (double)sum(&m->network_errors, now_ns) / (double)all : 0;
}

double breaker_code_ratio(struct breaker_metrics *m, const int64_t codes[static 4], int64_t now_ns)
{
    int64_t above = 0, below = 0;
    for (size_t i = 0; i < m->n_codes; i++) {
        int64_t n = sum(&m->codes[i].count, now_ns), status = m->codes[i].status;
        above += status >= codes[0] && status < codes[1] ? n : 0;
        below += status >= codes[2] && status < codes[3] ? n : 0;
    }
    return below ? (double)above / (double)below : 0;
}

int64_t breaker_latency_ms(const struct breaker_metrics *m, double percent)
{
    const struct latencies *l = m->latencies;
    uint64_t all = 0, seen = 0;
    for (size_t s = 0; l && s < SLICES; s++)
        for (size_t i = 0; i < CELLS; i++)
            all += l->cells[s][i];
    if (all == 0)
        return 0;
    percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    uint64_t wanted = (uint64_t)(percent / 100 * (double)all + 0.5);
    size_t i = 0;
    for (; i < CELLS; i++) {
        for (size_t s = 0; s < SLICES; s++)
            seen += l->cells[s][i];
        if (seen && seen >= wanted)
            break;
    }
    return (int64_t)(top_of(i) / 1000);
}
