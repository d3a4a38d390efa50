#include "etcd/probe.h"

#include "etcd/limits.h"
#include "etcd/wire.h"
#include "sys/clock.h"

static const struct etcd_fault no_fault;

void etcd_probe_open(struct etcd_probe *probe, struct etcd_client *client,
                     const struct etcd_position *position, struct etcd_doubts *doubts)
{
    *probe = (struct etcd_probe){ .client = client, .position = position, .doubts = doubts };
}

void etcd_probe_close(struct etcd_probe *probe)
{
    if (probe->client)
        etcd_http_close(probe->client->http, &probe->call);
    *probe = (struct etcd_probe){ 0 };
}

/* Serializable: it asks this member, whose watch it is. Whether there is a quorum is what the watch's own
 * header looks after; an election must not end the watch. */
static void start_range(struct etcd_probe *probe, enum etcd_probe_phase phase)
{
    const struct etcd_config *config = probe->client->config;
    struct buf body = { 0 };
    etcd_put_range_request(&body, &(struct etcd_range_request){ .key = config->prefix,
                                                                .end = config->prefix_end,
                                                                .count_only = true,
                                                                .serializable = true });
    etcd_client_start(probe->client, &probe->call, ETCD_PATH_RANGE,
                      (struct etcd_http_request){ .body = buf_str(&body), .within_ms = ETCD_PROBE_MS });
    buf_fini(&body);
    probe->phase = phase;
}

/* The store is ahead while the watch is silent: foreign keys, or a watch that is stuck. Only a new watch can
 * tell, so one is asked for, more and more seldom as long as nothing comes of it. */
static struct etcd_fault judge_silence(struct etcd_probe *probe, bool ahead, int64_t heard_ns, int64_t now)
{
    struct etcd_doubts *doubts = probe->doubts;
    if (!ahead || heard_ns > probe->ahead_ns)
        probe->ahead_ns = 0;
    if (ahead && probe->ahead_ns == 0)
        probe->ahead_ns = now;
    if (!ahead || now - probe->ahead_ns < ETCD_STUCK_MS * ETCD_MS || now < doubts->stuck_after_ns)
        return no_fault;
    int64_t pause = doubts->stuck_pause_ns ? doubts->stuck_pause_ns * 2 : ETCD_STUCK_AGAIN_MS * ETCD_MS;
    doubts->stuck_pause_ns = pause < ETCD_STUCK_MOST_MS * ETCD_MS ? pause : ETCD_STUCK_MOST_MS * ETCD_MS;
    doubts->stuck_after_ns = now + doubts->stuck_pause_ns;
    return etcd_fault_make(ETCD_FAULT_STUCK,
                           STR("the store moves on and the watch is silent; opening it anew"));
}

static struct etcd_fault judge(struct etcd_probe *probe, const struct etcd_range *range, int64_t heard_ns)
{
    const struct etcd_position *position = probe->position;
    int64_t now = clock_monotonic_ns();
    if (range->header.cluster_id != position->cluster_id)
        return etcd_fault_make(ETCD_FAULT_STORE, STR("another cluster; reading everything anew"));
    bool drift = range->header.revision == position->revision && range->count != position->pairs;
    if (drift && now >= probe->doubts->drift_after_ns) {
        probe->doubts->drift_after_ns = now + ETCD_DRIFT_AGAIN_MS * ETCD_MS;
        return etcd_fault_make(ETCD_FAULT_DRIFT,
                               STR("it holds other keys than we know; reading everything anew"));
    }
    return judge_silence(probe, range->header.revision > position->revision, heard_ns, now);
}

/* No count came. A refusal shows that the server lives; there only an operator can do more. */
static struct etcd_fault take_failure(struct etcd_probe *probe, struct etcd_fault fault)
{
    probe->complaint = fault;
    if (etcd_fault_remedy(fault.kind) == ETCD_ASK_OPERATOR || fault.kind == ETCD_FAULT_TOKEN) {
        probe->failures = 0;
        return no_fault;
    }
    probe->next_ns = 0; /* the second look follows at once */
    return ++probe->failures < ETCD_PROBE_FAILURES ? no_fault : fault;
}

static struct etcd_fault take_range(struct etcd_probe *probe, int64_t heard_ns)
{
    struct arena *arena = arena_create();
    struct etcd_range range = { 0 };
    struct str answer = buf_str(&probe->call.answer);
    struct etcd_fault fault;
    if (etcd_read_range(arena, answer, &range)) {
        probe->failures = 0;
        probe->complaint = no_fault;
        fault = judge(probe, &range, heard_ns);
    } else {
        fault = take_failure(probe, etcd_fault_make(ETCD_FAULT_ANSWER, str_head(answer, 80)));
    }
    etcd_range_fini(&range);
    arena_destroy(arena);
    return fault;
}

/* Where etcd wants a (new) token: fetches it, then asks once more, all without holding up the watch. Whether
 * a call is on its way; if not, *fault says what the answer meant. */
static bool go_on(struct etcd_probe *probe, struct etcd_fault *fault)
{
    if (probe->phase == ETCD_PROBE_AUTHENTICATE) {
        *fault = etcd_client_finish_authenticate(probe->client, &probe->call);
        if (fault->kind)
            return false;
        start_range(probe, ETCD_PROBE_RANGE_AGAIN);
        return true;
    }
    *fault = etcd_client_result(&probe->call);
    if (fault->kind != ETCD_FAULT_TOKEN || probe->phase == ETCD_PROBE_RANGE_AGAIN)
        return false;
    etcd_http_close(probe->client->http, &probe->call);
    *fault = etcd_client_start_authenticate(probe->client, &probe->call);
    if (fault->kind)
        return false;
    probe->phase = ETCD_PROBE_AUTHENTICATE;
    return true;
}

struct etcd_fault etcd_probe_turn(struct etcd_probe *probe, int64_t heard_ns)
{
    struct etcd_fault fault;
    int64_t now = clock_monotonic_ns();
    if (probe->phase == ETCD_PROBE_IDLE && now >= probe->next_ns)
        start_range(probe, ETCD_PROBE_RANGE);
    if (probe->phase == ETCD_PROBE_IDLE || !probe->call.done || go_on(probe, &fault))
        return no_fault;
    probe->phase = ETCD_PROBE_IDLE;
    probe->answered = true;
    probe->next_ns = now + ETCD_PROBE_EVERY_MS * ETCD_MS;
    fault = fault.kind ? take_failure(probe, fault) : take_range(probe, heard_ns);
    etcd_http_close(probe->client->http, &probe->call);
    return fault;
}
