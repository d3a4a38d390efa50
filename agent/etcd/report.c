#include "etcd/report.h"

#include <stdio.h>

#include "etcd/limits.h"
#include "sys/clock.h"

void etcd_report_init(struct etcd_report *report, const struct etcd_callbacks *callbacks, struct log *log,
                      struct str user, struct str prefix)
{
    *report = (struct etcd_report){
        .callbacks = *callbacks,
        .log = log,
        .user = user,
        .prefix = prefix,
        .status = { .state = ETCD_CONNECTING, .since_ns = clock_monotonic_ns() },
    };
    pthread_mutex_init(&report->lock, NULL);
}

void etcd_report_fini(struct etcd_report *report)
{
    pthread_mutex_destroy(&report->lock);
}

void etcd_report_state(struct etcd_report *report, enum etcd_state state)
{
    pthread_mutex_lock(&report->lock);
    bool changed = report->status.state != state;
    if (changed) {
        report->status.state = state;
        report->status.since_ns = clock_monotonic_ns();
    }
    pthread_mutex_unlock(&report->lock);
    if (changed && report->callbacks.state_changed)
        report->callbacks.state_changed(report->callbacks.context, state);
}

void etcd_report_endpoint(struct etcd_report *report, struct str endpoint)
{
    pthread_mutex_lock(&report->lock);
    snprintf(report->status.endpoint, sizeof report->status.endpoint, "%.*s", STR_ARG(endpoint));
    pthread_mutex_unlock(&report->lock);
}

void etcd_report_revision(struct etcd_report *report, int64_t revision)
{
    pthread_mutex_lock(&report->lock);
    report->status.revision = revision;
    pthread_mutex_unlock(&report->lock);
}

static void set_error(struct etcd_report *report, const char *text)
{
    struct str cut = str_head(str_c(text), sizeof report->status.error - 1);
    pthread_mutex_lock(&report->lock);
    memcpy(report->status.error, cut.p, cut.n);
    report->status.error[cut.n] = '\0';
    pthread_mutex_unlock(&report->lock);
}

/* The same failure at growing distances, each kind for itself. */
static bool may_log(struct etcd_log_pace *pace)
{
    int64_t now = clock_monotonic_ns();
    if (now < pace->again_ns) {
        pace->unlogged++;
        return false;
    }
    int64_t pause = pace->pause_ns ? pace->pause_ns * 2 : ETCD_LOG_AGAIN_MS * ETCD_MS;
    pace->pause_ns = pause < ETCD_LOG_MOST_MS * ETCD_MS ? pause : ETCD_LOG_MOST_MS * ETCD_MS;
    pace->again_ns = now + pace->pause_ns;
    return true;
}

void etcd_report_fault(struct etcd_report *report, const struct etcd_fault *fault, struct str endpoint)
{
    char text[512];
    struct etcd_place place = { .endpoint = endpoint, .user = report->user, .prefix = report->prefix };
    struct etcd_log_pace *pace = &report->paces[fault->kind];
    etcd_fault_describe(fault, &place, text, sizeof text);
    set_error(report, text);
    if (!may_log(pace))
        return;
    if (pace->unlogged)
        log_line(report->log, LOG_LINE_WARN, "etcd", "%s (and %u times before)", text, pace->unlogged);
    else
        log_line(report->log, LOG_LINE_WARN, "etcd", "%s", text);
    pace->unlogged = 0;
}

void etcd_report_success(struct etcd_report *report)
{
    set_error(report, "");
    for (size_t i = 0; i < ETCD_FAULT_KINDS; i++)
        report->paces[i].pause_ns = 0;
}

void etcd_report_count(struct etcd_report *report, int lists, int watches, int reconnects)
{
    pthread_mutex_lock(&report->lock);
    report->status.lists += lists;
    report->status.watches += watches;
    report->status.reconnects += reconnects;
    pthread_mutex_unlock(&report->lock);
}
