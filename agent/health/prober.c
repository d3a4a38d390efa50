#include "health/prober.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "haproxy/reply.h"
#include "health/target.h"
#include "sys/clock.h"

enum {
    COMMAND_TIMEOUT_MS = 2000,
    PASSIVE_POLL_MS = 200,
    PASSIVE_LEAST_MS = 20,
    LONGEST_SLEEP_MS = 1000,
    AGAIN_MS = 500
};

struct prober {
    struct runtime runtime;
    char *runtime_path;
    struct log *log;
    pthread_t thread;
    CURLM *multi;
    pthread_mutex_t lock; /* of what follows */
    struct target **next; /* handed over, not taken yet */
    size_t n_next;
    bool has_next, tell_again, ending;
    struct prober_counts counts;
    char **down; /* configs of the targets that are */
    size_t n_down;
    /* Of the thread: */
    struct target **targets;
    size_t n;
    int64_t passive_due_ns; /* the next review */
};

static void targets_free(struct target **targets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (targets[i])
            target_destroy(targets[i]);
    free(targets);
}

/* Sends commands about one server; whether HAProxy took them. */
static bool command(struct prober *p, const struct target *t, const char *format)
{
    struct buf path = { 0 }, line = { 0 }, answer = buf_make(1 << 16);
    quote_command(&path, str_c(t->backend));
    buf_putc(&path, '/');
    quote_command(&path, str_c(t->server));
    for (const char *c = format; *c; c++)
        if (*c == '@')
            buf_put(&line, buf_str(&path));
        else
            buf_putc(&line, *c);
    bool ok = runtime_call(&p->runtime, buf_str(&line), &answer) == RUNTIME_OK &&
              reply_classify(buf_str(&answer)).kind == REPLY_OK;
    buf_fini(&path);
    buf_fini(&line);
    buf_fini(&answer);
    return ok;
}

/* Checks that HAProxy began by itself (servers of its configuration) are ended: the verdict is ours. One that
 * was on its way may still overrule it, so what is down is said a second time. There is no verdict on who is not
 * asked: requests may have taken him out already. */
static void tell(struct prober *p, struct target *t)
{
    t->again_ns = t->up ? 0 : clock_monotonic_ns() + AGAIN_MS * NS_PER_MS;
    t->told = command(p, t,
                      !t->active ? "disable health @"
                      : t->up    ? "disable health @; set server @ health up"
                                 : "disable health @; set server @ health down");
}

static void forget_down(struct prober *p)
{
    for (size_t i = 0; i < p->n_down; i++)
        free(p->down[i]);
    free(p->down);
    p->down = NULL;
    p->n_down = 0;
}

/* With the lock held, whenever a verdict or the targets have changed. */
static void note_down(struct prober *p)
{
    VEC(char *) down = { 0 };
    for (size_t i = 0; i < p->n; i++)
        if (p->targets[i]->active && !p->targets[i]->up)
            vec_push(&down, strdup(p->targets[i]->config));
    forget_down(p);
    p->down = down.p;
    p->n_down = down.n;
}

static void conclude(struct prober *p, struct target *t, bool good)
{
    int64_t now = clock_monotonic_ns();
    bool changed = t->up != good;
    t->up = good;
    t->due_ns = now + (good ? t->interval_ns : t->unhealthy_interval_ns);
    pthread_mutex_lock(&p->lock);
    p->counts.probes++;
    p->counts.failures += !good;
    if (changed)
        p->counts.down += good ? (size_t)-1 : 1;
    if (changed)
        note_down(p);
    pthread_mutex_unlock(&p->lock);
    if (changed)
        log_line(p->log, LOG_LINE_WARN, "health", "server %s of %s is %s", t->server, t->service,
                 good ? "up" : "down");
    /* One that HAProxy took out by itself (passive) comes back with the next good answer. */
    if (changed || !t->told || (good && t->passive_window_ns))
        tell(p, t);
}

static void ask(struct prober *p, struct target *t)
{
    CURL *easy = target_ask(t);
    if (!easy)
        conclude(p, t, false);
    else if (curl_multi_add_handle(p->multi, easy) != CURLM_OK)
        conclude(p, t, target_judge(t, CURLE_FAILED_INIT));
}

static void finish(struct prober *p)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(p->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *private = NULL;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct target *t = (struct target *)(void *)private;
        curl_multi_remove_handle(p->multi, message->easy_handle);
        conclude(p, t, target_judge(t, result));
    }
}

/* Old targets that are wanted again replace their new twins, so that their verdicts stay. */
static void adopt(struct prober *p, struct target **next, size_t n)
{
    struct arena *arena = arena_create();
    struct strmap *known = strmap_create(arena, p->n);
    int64_t now = clock_monotonic_ns();
    size_t watched = 0, down = 0;
    for (size_t i = 0; i < p->n; i++)
        strmap_put(known, str_c(p->targets[i]->config), &p->targets[i]);
    for (size_t i = 0; i < n; i++) {
        struct target **old = strmap_get(known, str_c(next[i]->config));
        if (old && *old) {
            target_move(*old, next[i]);
            target_destroy(next[i]);
            next[i] = *old;
            *old = NULL;
        } else {
            next[i]->due_ns = now + next[i]->interval_ns;
        }
        watched += next[i]->active;
        down += next[i]->active && !next[i]->up;
    }
    for (size_t i = 0; i < p->n; i++)
        if (p->targets[i] && p->targets[i]->easy)
            curl_multi_remove_handle(p->multi, p->targets[i]->easy);
    targets_free(p->targets, p->n);
    p->targets = next;
    p->n = n;
    p->passive_due_ns = 0; /* who fails by himself may be among the new ones */
    pthread_mutex_lock(&p->lock);
    p->counts.watched = watched;
    p->counts.down = down;
    note_down(p);
    pthread_mutex_unlock(&p->lock);
    arena_destroy(arena);
}

/* Takes what was handed over; false: the thread shall end. */
static bool take_orders(struct prober *p)
{
    pthread_mutex_lock(&p->lock);
    struct target **next = p->next;
    size_t n = p->n_next;
    bool has_next = p->has_next, again = p->tell_again, ending = p->ending;
    p->has_next = p->tell_again = false;
    p->next = NULL;
    pthread_mutex_unlock(&p->lock);
    if (has_next)
        adopt(p, next, n);
    for (size_t i = 0; again && i < p->n; i++)
        p->targets[i]->told = false;
    return !ending;
}

/* The state of the servers of one backend that HAProxy may have marked down: those whose time is over come
 * back. One that is found down has been so since some moment between two reviews. */
static void review(struct prober *p, size_t first, size_t end)
{
    int64_t now = clock_monotonic_ns();
    struct buf line = { 0 }, answer = buf_make(1 << 22);
    struct reply_servers servers;
    struct reply_server server;
    buf_puts(&line, "show servers state ");
    quote_command(&line, str_c(p->targets[first]->backend));
    bool told = runtime_call(&p->runtime, buf_str(&line), &answer) == RUNTIME_OK &&
                reply_servers_open(buf_str(&answer), &servers);
    while (told && reply_servers_next(&servers, &server))
        for (size_t i = first; i < end; i++) {
            struct target *t = p->targets[i];
            if (!str_eq(str_c(t->server), server.name) || t->active)
                continue;
            if (!server.down)
                t->back_ns = 0;
            else if (t->back_ns == 0)
                t->back_ns = now - PASSIVE_POLL_MS * NS_PER_MS / 2 + t->passive_window_ns;
            else if (now >= t->back_ns && command(p, t, "set server @ health up"))
                t->back_ns = 0;
        }
    buf_fini(&line);
    buf_fini(&answer);
}

/* When to look again: often, and when somebody's time is over. */
static int64_t review_passive(struct prober *p)
{
    int64_t now = clock_monotonic_ns(), due = now + PASSIVE_POLL_MS * NS_PER_MS;
    bool any = false;
    for (size_t i = 0, end; i < p->n; i = end) {
        end = i + 1;
        while (end < p->n && strcmp(p->targets[end]->backend, p->targets[i]->backend) == 0)
            end++;
        if (p->targets[i]->passive_window_ns && !p->targets[i]->active) {
            any = true;
            review(p, i, end);
            for (size_t j = i; j < end; j++)
                if (p->targets[j]->back_ns && p->targets[j]->back_ns < due)
                    due = p->targets[j]->back_ns;
        }
    }
    if (due < now + PASSIVE_LEAST_MS * NS_PER_MS)
        due = now + PASSIVE_LEAST_MS * NS_PER_MS;
    return any ? due : INT64_MAX;
}

/* Starts what is due; how long nothing will be. */
static int work(struct prober *p)
{
    int64_t now = clock_monotonic_ns(), sleep = LONGEST_SLEEP_MS * NS_PER_MS;
    for (size_t i = 0; i < p->n; i++) {
        struct target *t = p->targets[i];
        bool second = t->told && t->again_ns && t->again_ns <= now;
        if (!t->told || second)
            tell(p, t);
        if (second)
            t->again_ns = 0;
        if ((!t->told || t->again_ns) && sleep > AGAIN_MS * NS_PER_MS)
            sleep = AGAIN_MS * NS_PER_MS;
        if (!t->active || t->easy)
            continue;
        if (t->due_ns <= now)
            ask(p, t);
        else if (t->due_ns - now < sleep)
            sleep = t->due_ns - now;
    }
    if (p->passive_due_ns <= now)
        p->passive_due_ns = review_passive(p);
    if (p->passive_due_ns - now < sleep)
        sleep = p->passive_due_ns - now;
    return sleep > 0 ? (int)(sleep / NS_PER_MS) + 1 : 1;
}

static void *run(void *context)
{
    struct prober *p = context;
    int running;
    while (take_orders(p)) {
        curl_multi_perform(p->multi, &running);
        finish(p);
        curl_multi_poll(p->multi, NULL, 0, work(p), NULL);
    }
    for (size_t i = 0; i < p->n; i++)
        if (p->targets[i]->easy)
            curl_multi_remove_handle(p->multi, p->targets[i]->easy);
    targets_free(p->targets, p->n);
    return NULL;
}

struct prober *prober_start(const char *runtime_path, struct log *log)
{
    struct prober *p = xmalloc(sizeof *p);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    *p = (struct prober){ .log = log, .runtime_path = strdup(runtime_path), .multi = curl_multi_init() };
    p->runtime = (struct runtime){ p->runtime_path, COMMAND_TIMEOUT_MS };
    pthread_mutex_init(&p->lock, NULL);
    if (!p->multi || pthread_create(&p->thread, NULL, run, p) != 0)
        abort();
    return p;
}

void prober_stop(struct prober *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_mutex_unlock(&p->lock);
    curl_multi_wakeup(p->multi);
    pthread_join(p->thread, NULL);
    targets_free(p->next, p->has_next ? p->n_next : 0);
    forget_down(p);
    curl_multi_cleanup(p->multi);
    pthread_mutex_destroy(&p->lock);
    free(p->runtime_path);
    free(p);
}

void prober_watch(struct prober *p, const struct plan *plan)
{
    size_t n;
    struct target **next = targets_of(plan, &n);
    pthread_mutex_lock(&p->lock);
    if (p->has_next)
        targets_free(p->next, p->n_next);
    p->next = next;
    p->n_next = n;
    p->has_next = true;
    pthread_mutex_unlock(&p->lock);
    curl_multi_wakeup(p->multi);
}

void prober_tell_again(struct prober *p)
{
    pthread_mutex_lock(&p->lock);
    p->tell_again = true;
    pthread_mutex_unlock(&p->lock);
    curl_multi_wakeup(p->multi);
}

void prober_list_down(struct prober *p, const struct plan *plan, struct buf *out)
{
    struct arena *arena = arena_create();
    struct strmap *down = strmap_create(arena, 16);
    size_t n = 0;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->n_down; i++)
        strmap_put(down, arena_copy(arena, str_c(p->down[i])), p);
    pthread_mutex_unlock(&p->lock);
    struct target **targets = strmap_count(down) ? targets_of(plan, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        if (strmap_get(down, str_c(targets[i]->config)))
            buf_printf(out, "%s %s\n", targets[i]->backend, targets[i]->server);
    targets_free(targets, n);
    arena_destroy(arena);
}

void prober_counts(struct prober *p, struct prober_counts *out)
{
    pthread_mutex_lock(&p->lock);
    *out = p->counts;
    pthread_mutex_unlock(&p->lock);
}
