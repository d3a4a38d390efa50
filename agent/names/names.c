#include "names/names.h"

#include <arpa/inet.h>
#include <ares.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "names/channel.h"
#include "sys/clock.h"

enum {
    LONGEST_NAME = 253, /* RFC 1035 */
    MOST_ADDRESSES = 32,
    TTL_LEAST_S = 1,
    TTL_MOST_S = 60,
    TTL_NONE_S = 10, /* of the hosts file */
    RETRY_FIRST_MS = 1000,
    RETRY_MOST_MS = 30000,
    TURN_MS = 100,
};

struct name {
    struct names *names;
    char *text;
    bool wanted, asking, answered, given_up;
    char failure[64];
    char addresses[MOST_ADDRESSES][INET6_ADDRSTRLEN];
    struct str list[MOST_ADDRESSES];
    struct address_list found; /* what the book says */
    int64_t due_ns, retry_ms;
};

struct names {
    struct names_options options;
    struct log *log;
    struct channel *channel;
    uv_timer_t timer;
    struct arena *arena; /* of the index alone */
    struct strmap *index;
    VEC(struct name *) all;
    struct names_counts counts;
    bool quiet; /* within find: an answer that is there at once (the hosts file) is no news to who asks */
};

static bool holds(const struct name *name, const char *address)
{
    for (size_t i = 0; i < name->found.n; i++)
        if (strcmp(name->addresses[i], address) == 0)
            return true;
    return false;
}

static bool is_among(const char *address, char (*list)[INET6_ADDRSTRLEN], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], address) == 0)
            return true;
    return false;
}

/* Those that stay keep their places; new ones take the places of those that go, so that a server changes its
 * address in place. Returns whether anything changed. */
static bool take_addresses(struct name *name, char (*new)[INET6_ADDRSTRLEN], size_t n)
{
    char kept[MOST_ADDRESSES][INET6_ADDRSTRLEN];
    bool changed = n != name->found.n, same[MOST_ADDRESSES] = { false };
    size_t next = 0;
    for (size_t i = 0; i < n && i < name->found.n; i++)
        same[i] = is_among(name->addresses[i], new, n);
    for (size_t i = 0; i < n; i++) {
        if (same[i]) {
            memcpy(kept[i], name->addresses[i], INET6_ADDRSTRLEN);
            continue;
        }
        /* The next one that no kept place holds. */
        while (next < n) {
            bool placed = false;
            for (size_t j = 0; j < n && j < name->found.n && !placed; j++)
                placed = same[j] && strcmp(name->addresses[j], new[next]) == 0;
            if (!placed)
                break;
            next++;
        }
        memcpy(kept[i], new[next++], INET6_ADDRSTRLEN);
        changed = changed || !holds(name, kept[i]);
    }
    memcpy(name->addresses, kept, n * sizeof *kept);
    for (size_t i = 0; i < n; i++)
        name->list[i] = str_c(name->addresses[i]);
    name->found.p = name->list;
    name->found.n = n;
    return changed;
}

static int compare_addresses(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The addresses of one family, each once, in an order that does not depend on the answer's. */
static size_t gather(const struct ares_addrinfo *info, int family, char (*out)[INET6_ADDRSTRLEN], int *ttl)
{
    size_t n = 0;
    for (const struct ares_addrinfo_node *node = info->nodes; node && n < MOST_ADDRESSES;
         node = node->ai_next) {
        char text[INET6_ADDRSTRLEN];
        const void *raw =
            family == AF_INET
                ? (const void *)&((const struct sockaddr_in *)(const void *)node->ai_addr)->sin_addr
                : (const void *)&((const struct sockaddr_in6 *)(const void *)node->ai_addr)->sin6_addr;
        if (node->ai_family != family || !inet_ntop(family, raw, text, sizeof text) || is_among(text, out, n))
            continue;
        memcpy(out[n++], text, sizeof text);
        if (*ttl < 0 || node->ai_ttl < *ttl)
            *ttl = node->ai_ttl;
    }
    qsort(out, n, sizeof *out, compare_addresses);
    return n;
}

static void tell(struct names *names)
{
    if (!names->quiet)
        names->options.changed(names->options.context);
}

static bool note_answer(struct name *name, const struct ares_addrinfo *info)
{
    char found[MOST_ADDRESSES][INET6_ADDRSTRLEN];
    int ttl = -1;
    size_t n = gather(info, AF_INET, found, &ttl);
    if (n == 0)
        n = gather(info, AF_INET6, found, &ttl);
    if (n == 0)
        return false;
    bool changed = take_addresses(name, found, n) || name->found.failure || !name->answered;
    int seconds = ttl <= 0            ? TTL_NONE_S
                  : ttl < TTL_LEAST_S ? TTL_LEAST_S
                  : ttl > TTL_MOST_S  ? TTL_MOST_S
                                      : ttl;
    name->due_ns = clock_monotonic_ns() + seconds * 1000 * NS_PER_MS;
    name->retry_ms = 0;
    name->found.failure = NULL;
    name->answered = true;
    if (changed) {
        name->names->counts.changes++;
        log_line(name->names->log, LOG_LINE_DEBUG, "names", "%s: %zu addresses, the first %s, for %d s",
                 name->text, n, name->addresses[0], seconds);
        tell(name->names);
    }
    return true;
}

static void note_failure(struct name *name, const char *why)
{
    struct names *names = name->names;
    bool first = !name->found.failure || !name->answered;
    names->counts.failures++;
    snprintf(name->failure, sizeof name->failure, "%s", why);
    name->found.failure = name->failure;
    name->answered = true;
    name->retry_ms = name->retry_ms ? name->retry_ms * 2 : RETRY_FIRST_MS;
    if (name->retry_ms > RETRY_MOST_MS)
        name->retry_ms = RETRY_MOST_MS;
    name->due_ns = clock_monotonic_ns() + name->retry_ms * NS_PER_MS;
    if (!first)
        return;
    log_line(names->log, LOG_LINE_WARN, "names", "the name %s does not resolve: %s", name->text, why);
    tell(names);
}

static void name_free(struct name *name)
{
    free(name->text);
    free(name);
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    struct name *name = context;
    name->asking = false;
    if (!name->names || status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
        if (!name->names)
            name_free(name); /* forgotten meanwhile */
    } else if (status != ARES_SUCCESS || !note_answer(name, info)) {
        note_failure(name, status == ARES_SUCCESS ? "it has no address" : ares_strerror(status));
    }
    if (info)
        ares_freeaddrinfo(info);
}

static void ask(struct name *name)
{
    static const struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT,
                                                      .ai_family = AF_UNSPEC,
                                                      .ai_socktype = SOCK_STREAM };
    name->asking = true;
    name->names->counts.queries++;
    ares_getaddrinfo(channel_ares(name->names->channel), name->text, NULL, &hints, on_answer, name);
}

static void on_timer(uv_timer_t *timer)
{
    struct names *names = timer->data;
    int64_t now = clock_monotonic_ns();
    channel_turn(names->channel);
    for (size_t i = 0; i < names->all.n; i++)
        if (!names->all.p[i]->asking && now >= names->all.p[i]->due_ns)
            ask(names->all.p[i]);
}

struct names *names_create(uv_loop_t *loop, const struct names_options *options, struct log *log,
                           char error[static 512])
{
    struct channel *channel = channel_open(loop, options->servers, options->n_servers, error);
    if (!channel)
        return NULL;
    struct names *names = xmalloc(sizeof *names);
    *names = (struct names){ .options = *options, .log = log, .channel = channel, .arena = arena_create() };
    names->index = strmap_create(names->arena, 64);
    uv_timer_init(loop, &names->timer);
    names->timer.data = names;
    uv_timer_start(&names->timer, on_timer, TURN_MS, TURN_MS);
    return names;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void names_close(struct names *names)
{
    if (!names)
        return;
    channel_close(names->channel); /* ends all questions */
    for (size_t i = 0; i < names->all.n; i++)
        name_free(names->all.p[i]);
    vec_fini(&names->all);
    arena_destroy(names->arena);
    uv_close((uv_handle_t *)&names->timer, on_closed);
}

static struct name *name_add(struct names *names, struct str text)
{
    struct name *name = xmalloc(sizeof *name);
    *name = (struct name){ .names = names, .text = xmalloc(text.n + 1) };
    memcpy(name->text, text.p, text.n);
    name->text[text.n] = '\0';
    vec_push(&names->all, name);
    strmap_put(names->index, str_c(name->text), name);
    return name;
}

static const struct address_list *find(void *context, struct str text)
{
    struct names *names = context;
    static const struct address_list impossible = { .failure = "it is no name" };
    if (text.n == 0 || text.n > LONGEST_NAME || memchr(text.p, '\0', text.n))
        return &impossible;
    struct name *name = strmap_get(names->index, text);
    if (!name)
        name = name_add(names, text);
    name->wanted = true;
    if (!name->answered && !name->asking) {
        names->quiet = true;
        ask(name);
        names->quiet = false;
    }
    return name->answered ? &name->found : NULL;
}

struct address_book names_book(struct names *names)
{
    return (struct address_book){ find, names };
}

void names_turn(struct names *names)
{
    size_t kept = 0, before = names->all.n;
    for (size_t i = 0; i < names->all.n; i++) {
        struct name *name = names->all.p[i];
        if (name->wanted) {
            name->wanted = false;
            names->all.p[kept++] = name;
        } else if (name->asking) {
            name->names = NULL; /* on_answer releases it */
        } else {
            name_free(name);
        }
    }
    names->all.n = kept;
    if (kept == before)
        return;
    arena_destroy(names->arena);
    names->arena = arena_create();
    names->index = strmap_create(names->arena, kept + 1);
    for (size_t i = 0; i < kept; i++)
        strmap_put(names->index, str_c(names->all.p[i]->text), names->all.p[i]);
}

size_t names_open(const struct names *names)
{
    size_t n = 0;
    for (size_t i = 0; i < names->all.n; i++)
        n += !names->all.p[i]->answered && !names->all.p[i]->given_up;
    return n;
}

void names_give_up(struct names *names)
{
    for (size_t i = 0; i < names->all.n; i++)
        names->all.p[i]->given_up = true;
}

struct names_counts names_counts(const struct names *names)
{
    struct names_counts counts = names->counts;
    counts.watched = names->all.n;
    for (size_t i = 0; i < names->all.n; i++)
        counts.failing += names->all.p[i]->found.failure != NULL;
    return counts;
}
