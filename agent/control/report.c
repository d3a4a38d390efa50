#include "control/report.h"

#include <inttypes.h>
#include <time.h>

#include "plan/room.h"
#include "sys/clock.h"

static const char *const words[] = { "false", "true" };

static void put_text(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "\"%s\":", name);
    buf_put_json(out, str_c(text));
}

static void put_number(struct buf *out, const char *name, int64_t number)
{
    buf_printf(out, ",\"%s\":%" PRId64, name, number);
}

static void put_etcd(struct buf *out, const struct etcd_status *etcd)
{
    static const char *const states[] = { [ETCD_CONNECTING] = "connecting",
                                          [ETCD_LISTING] = "listing",
                                          [ETCD_WATCHING] = "watching",
                                          [ETCD_FAILED_AUTH] = "refused",
                                          [ETCD_WAITING] = "waiting" };
    buf_puts(out, ",\"etcd\":{");
    put_text(out, "state", states[etcd->state]);
    buf_putc(out, ',');
    put_text(out, "endpoint", etcd->endpoint);
    buf_putc(out, ',');
    put_text(out, "error", etcd->error);
    put_number(out, "lists", etcd->lists);
    put_number(out, "watches", etcd->watches);
    put_number(out, "reconnects", etcd->reconnects);
    buf_putc(out, '}');
}

static void put_haproxy(struct buf *out, const struct report *r)
{
    struct haproxy_version version;
    const struct push_stats *stats = pusher_stats(r->pusher);
    haproxy_version(r->haproxy, &version);
    buf_printf(out, ",\"haproxy\":{\"version\":\"%d.%d.%d\"", version.major, version.minor, version.patch);
    put_number(out, "worker", haproxy_worker_pid(r->haproxy));
    put_number(out, "reloads", (int64_t)stats->reloads);
    put_number(out, "reloadsFailed", (int64_t)stats->reloads_failed);
    buf_putc(out, ',');
    put_text(out, "lastReload", stats->last_reload_reason);
    put_number(out, "restarts", (int64_t)stats->restarts);
    put_number(out, "workerChanges", (int64_t)stats->worker_changes);
    buf_putc(out, '}');
}

static void put_pushes(struct buf *out, const struct push_stats *stats, const struct applier_counts *applied)
{
    buf_puts(out, ",\"push\":{");
    put_text(out, "error", stats->last_error);
    put_number(out, "count", (int64_t)stats->pushes);
    put_number(out, "repairs", (int64_t)stats->repairs);
    put_number(out, "routesChanged", (int64_t)stats->routes_changed);
    put_number(out, "serversChanged", (int64_t)stats->servers_changed);
    put_number(out, "commands", (int64_t)applied->commands);
    put_number(out, "replacements", (int64_t)applied->replacements);
    put_number(out, "differences", (int64_t)applied->differences);
    put_number(out, "lastMicroseconds", stats->last_push_ns / 1000);
    put_number(out, "looks", (int64_t)stats->looks);
    put_number(out, "foreignChanges", (int64_t)stats->foreign_changes);
    buf_putc(out, '}');
}

/* The upper end of the bucket in which the `share`th part of all lies, in microseconds. */
static int64_t latency_at(const struct agent_stats *agent, double share)
{
    uint64_t all = 0, below = 0;
    for (size_t i = 0; i < LATENCIES; i++)
        all += agent->latencies[i];
    for (size_t i = 0; i < LATENCIES; i++) {
        below += agent->latencies[i];
        if (all && (double)below >= share * (double)all)
            return INT64_C(1) << i;
    }
    return 0;
}

static void put_ops(struct buf *out, const struct agent_stats *agent)
{
    buf_puts(out, ",\"ops\":{");
    for (enum op_number op = 0; op < OP_NUMBERS; op++)
        buf_printf(out, "%s\"%s\":{\"passed\":%" PRIu64 ",\"refused\":%" PRIu64 "}", op ? "," : "",
                   op_number_name(op), agent->ops[op].passed, agent->ops[op].refused);
    buf_printf(out, "},\"latency\":{\"p50\":%" PRId64 ",\"p99\":%" PRId64 ",\"below\":[",
               latency_at(agent, 0.5), latency_at(agent, 0.99));
    for (size_t i = 0; i < LATENCIES; i++)
        buf_printf(out, "%s%" PRIu64, i ? "," : "", agent->latencies[i]);
    buf_puts(out, "]}");
}

static void put_agent(struct buf *out, const struct agent_stats *agent, int64_t failures)
{
    buf_puts(out, ",\"agent\":{\"version\":1");
    put_number(out, "programs", (int64_t)agent->programs);
    put_number(out, "connections", (int64_t)agent->open_connections);
    put_number(out, "passed", (int64_t)agent->passed);
    put_number(out, "delayed", (int64_t)agent->delayed);
    put_number(out, "refused", (int64_t)agent->refused);
    put_number(out, "unknownProgram", (int64_t)agent->unknown_program);
    put_number(out, "brokenFrames", (int64_t)agent->broken_frames);
    put_number(out, "buckets", (int64_t)agent->buckets_in_use);
    put_number(out, "bucketsEvicted", (int64_t)agent->buckets_evicted);
    put_number(out, "passedWithoutVerdict", failures);
    put_number(out, "held", (int64_t)agent->held);
    put_number(out, "hashesQueued", (int64_t)agent->hashes_queued);
    put_ops(out, agent);
    buf_putc(out, '}');
}

static void put_health(struct buf *out, struct prober *prober)
{
    struct prober_counts counts;
    prober_counts(prober, &counts);
    buf_puts(out, ",\"health\":{\"version\":1");
    put_number(out, "servers", (int64_t)counts.watched);
    put_number(out, "down", (int64_t)counts.down);
    put_number(out, "probes", (int64_t)counts.probes);
    put_number(out, "failures", (int64_t)counts.failures);
    buf_putc(out, '}');
}

static void put_tree(struct buf *out, const struct generation *served)
{
    size_t added = 0;
    for (size_t i = 0; i < served->plan->n_backends; i++)
        added += served->plan->backends[i].kind != BACKEND_DECLARED;
    buf_puts(out, ",\"tree\":{\"version\":1");
    put_number(out, "keys", (int64_t)served->n_pairs);
    put_number(out, "routers", (int64_t)served->n_routers);
    put_number(out, "routersInError", (int64_t)served->n_routers_out);
    put_number(out, "services", (int64_t)served->n_services);
    put_number(out, "records", (int64_t)served->plan->n_routes);
    put_number(out, "programs", (int64_t)served->plan->n_programs);
    put_number(out, "backends", (int64_t)served->plan->n_backends);
    put_number(out, "addedBackends", (int64_t)added);
    buf_putc(out, '}');
}

/* How many new services need no reload. */
static void put_room(struct buf *out, const struct report *r, const struct generation *served)
{
    struct room room = room_of(&served->plan->shape, r->settings);
    bool adds = haproxy_adds_backends(r->haproxy);
    buf_printf(out, ",\"room\":{\"atRunTime\":%s", words[adds]);
    put_number(out, "spareBackends", (int64_t)room.spare);
    put_number(out, "free", (int64_t)room.free);
    buf_printf(out, ",\"short\":%s", words[!adds && room_is_short(&room)]);
    put_number(out, "reloadsAhead", (int64_t)pusher_stats(r->pusher)->reloads_ahead);
    buf_putc(out, '}');
}

static void put_relay(struct buf *out, const struct relay_stats *relay)
{
    buf_printf(out, ",\"relay\":{\"requests\":%" PRIu64, relay->requests);
    put_number(out, "open", (int64_t)relay->open_requests);
    put_number(out, "broken", (int64_t)relay->broken);
    put_number(out, "aborted", (int64_t)relay->aborted);
    put_number(out, "copies", (int64_t)relay->copies);
    put_number(out, "openCopies", (int64_t)relay->open_copies);
    put_number(out, "copiesDropped", (int64_t)relay->copies_dropped);
    put_number(out, "failovers", (int64_t)relay->failovers);
    put_number(out, "pages", (int64_t)relay->pages);
    put_number(out, "retries", (int64_t)relay->retries);
    put_number(out, "compressed", (int64_t)relay->compressed);
    buf_putc(out, '}');
}

/* Whole seconds, as RFC 3339 has them. */
static void put_time(struct buf *out, const char *name, double seconds)
{
    char text[32];
    struct tm parts;
    time_t whole = (time_t)seconds;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&whole, &parts));
    buf_printf(out, ",\"%s\":\"%s\"", name, text);
}

static void put_findings(struct buf *out, const struct report *r, const struct diag *diag)
{
    buf_puts(out, ",\"findings\":[");
    for (size_t i = 0; i < diag_total(diag); i++) {
        const struct finding *f = diag_get(diag, i);
        buf_puts(out, i ? ",\n" : "\n");
        finding_put_json(out, f);
        put_time(out, "since", since_of(r->since, f));
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

/* Which revisions, and why not the newest. */
static void put_revision(struct buf *out, const struct report *r, int64_t served)
{
    const struct helm_status *helm = &r->helm;
    buf_printf(out, ",\"revision\":{\"seen\":%" PRId64 ",\"served\":%" PRId64, r->revision_seen, served);
    if (helm->pinned)
        put_number(out, "pinned", helm->pinned);
    if (helm->held) {
        buf_printf(out, ",\"held\":{\"revision\":%" PRId64, helm->held_revision);
        put_time(out, "since", helm->held_since);
        put_number(out, "routers", (int64_t)helm->verdict.routers);
        put_number(out, "removed", (int64_t)helm->verdict.removed);
        buf_puts(out, ",\"remedy\":\"maitred confirm\"}");
    }
    buf_putc(out, '}');
}

static void put_names(struct buf *out, const struct names_counts *names)
{
    buf_printf(out, ",\"names\":{\"watched\":%zu", names->watched);
    put_number(out, "failing", (int64_t)names->failing);
    put_number(out, "queries", (int64_t)names->queries);
    put_number(out, "failures", (int64_t)names->failures);
    put_number(out, "changes", (int64_t)names->changes);
    buf_putc(out, '}');
}

void report_print(struct buf *out, const struct report *r)
{
    const struct generation *served = pusher_served(r->pusher);
    buf_puts(out, "{");
    put_text(out, "version", MAITRED_VERSION);
    buf_printf(out, ",\"ready\":%s,\"uptimeSeconds\":%.0f,", words[pusher_is_ready(r->pusher)],
               clock_wall() - r->started);
    put_text(out, "stateFolder", r->folder);
    put_revision(out, r, served ? served->plan->revision : 0);
    if (r->etcd)
        put_etcd(out, r->etcd);
    if (r->file_error[0]) {
        buf_putc(out, ',');
        put_text(out, "fileError", r->file_error);
    }
    put_haproxy(out, r);
    struct applier_counts applied;
    pusher_applied(r->pusher, &applied);
    put_pushes(out, pusher_stats(r->pusher), &applied);
    put_health(out, r->prober);
    put_names(out, &r->names);
    put_agent(out, r->agent, r->agent_failures);
    put_relay(out, r->relay);
    if (served) {
        put_tree(out, served);
        put_room(out, r, served);
        put_findings(out, r, served->diag);
    }
    buf_puts(out, "}\n");
}
