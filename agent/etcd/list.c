#include "etcd/list.h"

#include "etcd/limits.h"
#include "etcd/wire.h"

/* A list on its way; begun anew where the store compacts its revision away. */
struct listing {
    struct etcd_client *client;
    struct arena *arena;
    struct etcd_range range;
    struct etcd_header header; /* of the first page: its revision is the list's */
    struct buf body, answer;
    int64_t page_keys;
    int64_t at; /* the revision that is wanted; 0: the newest */
};

static void restart(struct listing *l)
{
    arena_destroy(l->arena);
    l->arena = arena_create();
    l->range.pairs.n = 0;
    l->header = (struct etcd_header){ 0 };
}

/* The least key that is greater than the last one we have. */
static struct str next_key(struct listing *l)
{
    if (l->range.pairs.n == 0)
        return l->client->config->prefix;
    struct str last = l->range.pairs.p[l->range.pairs.n - 1].key;
    return str_of(arena_copy(l->arena, last).p, last.n + 1); /* the NUL behind counts */
}

/* The pairs from `from` on must go on where those before ended, all of them within the prefix. */
static bool in_order(const struct listing *l, size_t from)
{
    for (size_t i = from; i < l->range.pairs.n; i++) {
        struct str key = l->range.pairs.p[i].key;
        if (!str_starts(key, l->client->config->prefix) ||
            (i && str_cmp(l->range.pairs.p[i - 1].key, key) >= 0))
            return false;
    }
    return true;
}

static struct etcd_fault check_page(struct listing *l, size_t before)
{
    if (l->header.revision == 0)
        l->header = l->range.header;
    if (l->range.header.cluster_id != l->header.cluster_id)
        return etcd_fault_make(ETCD_FAULT_STORE, STR("two stores answer at this endpoint"));
    if (!in_order(l, before) || (l->range.more && l->range.pairs.n == before))
        return etcd_fault_make(ETCD_FAULT_ANSWER, STR("keys out of order"));
    if (l->range.pairs.n > ETCD_MAX_PAIRS || arena_size(l->arena) > ETCD_MAX_LIST)
        return etcd_fault_make(ETCD_FAULT_REFUSED,
                               STR("more keys or bytes below the prefix than maitred takes"));
    return (struct etcd_fault){ 0 };
}

static struct etcd_fault fetch_page(struct listing *l)
{
    size_t before = l->range.pairs.n;
    buf_reset(&l->body);
    etcd_put_range_request(&l->body, &(struct etcd_range_request){
                                         .key = next_key(l),
                                         .end = l->client->config->prefix_end,
                                         .limit = l->page_keys,
                                         .revision = l->at ? l->at : l->header.revision,
                                     });
    struct etcd_fault fault = etcd_client_call(l->client, ETCD_PATH_RANGE, buf_str(&l->body), &l->answer);
    if (fault.kind)
        return fault;
    if (!etcd_read_range(l->arena, buf_str(&l->answer), &l->range))
        return etcd_fault_make(ETCD_FAULT_ANSWER, str_head(buf_str(&l->answer), 80));
    return check_page(l, before);
}

/* Whether another try with pages of another size may help; sets that size. */
static bool adapt(struct listing *l, enum etcd_fault_kind kind, int restarts)
{
    if (kind == ETCD_FAULT_TOO_LARGE && l->page_keys > 1) {
        l->page_keys = l->page_keys > ETCD_PAGE_STEP ? l->page_keys / ETCD_PAGE_STEP : 1;
        return true;
    }
    /* One page cannot be compacted under itself: from the second time on, towards that. */
    if (kind != ETCD_FAULT_COMPACTED || restarts == ETCD_MAX_RESTARTS || l->at)
        return false;
    if (restarts >= 2 && l->page_keys < ETCD_PAGE_MAX)
        l->page_keys *= ETCD_PAGE_STEP;
    return true;
}

static struct etcd_fault fetch_all(struct listing *l, void (*first_page)(void *context), void *context)
{
    for (int restarts = 0;;) {
        struct etcd_fault fault = fetch_page(l);
        if (fault.kind == ETCD_OK) {
            if (first_page)
                first_page(context);
            first_page = NULL;
            if (!l->range.more)
                return fault;
        } else if (!adapt(l, fault.kind, ++restarts)) {
            return fault;
        } else if (fault.kind == ETCD_FAULT_COMPACTED) {
            restart(l);
        }
    }
}

/* The arena's hand-over: the batch takes it along. */
static struct etcd_batch *make_batch(struct listing *l)
{
    size_t n = l->range.pairs.n;
    struct kv_pair *pairs = ARENA_ARRAY(l->arena, struct kv_pair, n);
    if (n)
        memcpy(pairs, l->range.pairs.p, n * sizeof *pairs);
    struct etcd_batch *batch = ARENA_NEW(l->arena, struct etcd_batch);
    *batch = (struct etcd_batch){ .arena = l->arena,
                                  .full = true,
                                  .revision = l->at ? l->at : l->header.revision,
                                  .pairs = pairs,
                                  .n_pairs = n };
    l->arena = NULL;
    return batch;
}

static struct etcd_fault list(struct listing *l, struct etcd_batch **batch, struct etcd_position *position,
                              void (*first_page)(void *context), void *context)
{
    struct etcd_fault fault = fetch_all(l, first_page, context);
    *batch = NULL;
    if (fault.kind == ETCD_OK) {
        *position =
            (struct etcd_position){ l->header.cluster_id, l->header.revision, (int64_t)l->range.pairs.n };
        *batch = make_batch(l);
    }
    etcd_range_fini(&l->range);
    buf_fini(&l->body);
    buf_fini(&l->answer);
    arena_destroy(l->arena);
    return fault;
}

struct etcd_fault etcd_list(struct etcd_client *client, struct etcd_batch **batch,
                            struct etcd_position *position, void (*first_page)(void *context), void *context)
{
    struct listing l = { .client = client, .arena = arena_create(), .page_keys = ETCD_PAGE_KEYS };
    return list(&l, batch, position, first_page, context);
}

struct etcd_fault etcd_list_at(struct etcd_client *client, int64_t revision, struct etcd_batch **batch)
{
    struct etcd_position position;
    struct listing l = {
        .client = client, .arena = arena_create(), .page_keys = ETCD_PAGE_KEYS, .at = revision
    };
    return list(&l, batch, &position, NULL, NULL);
}
