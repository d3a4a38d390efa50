/* What came of the requests of late: statuses of ten seconds, latencies of a minute (vulcand/oxy memmetrics,
 * as far as can be seen). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A count over ten seconds. */
struct breaker_count {
    uint32_t values[10];
    int64_t second; /* the last one that is in it */
};

struct breaker_code {
    int status;
    struct breaker_count count;
};

struct latencies;

struct breaker_metrics {
    struct breaker_count all, network_errors; /* 502, 504 */
    struct breaker_code *codes;
    size_t n_codes;
    struct latencies *latencies; /* NULL: not kept */
};

void breaker_metrics_init(struct breaker_metrics *metrics, bool latencies);
void breaker_metrics_fini(struct breaker_metrics *metrics);

void breaker_metrics_record(struct breaker_metrics *metrics, int status, int64_t latency_ns, int64_t now_ns);
/* As if nothing had come yet. */
void breaker_metrics_reset(struct breaker_metrics *metrics, int64_t now_ns);

int64_t breaker_requests(struct breaker_metrics *metrics, int64_t now_ns);
double breaker_network_ratio(struct breaker_metrics *metrics, int64_t now_ns);
/* Statuses from ≤ s < to over those from[1] ≤ s < to[1]; codes: the four bounds. 0 where there are none of
 * the latter. */
double breaker_code_ratio(struct breaker_metrics *metrics, const int64_t codes[static 4], int64_t now_ns);
/* In whole milliseconds; percent: 0 to 100. 0 where there are none. */
int64_t breaker_latency_ms(const struct breaker_metrics *metrics, double percent);
