#include "plan/addresses.h"

#include <stdlib.h>

#include "base/address.h"
#include "base/vec.h"

enum { HEAVIEST = 256, MOST_ADDRESSES = 32 };

static const struct str nowhere = STR(ADDRESS_NOWHERE);

static bool is_name(const struct plan_server *server)
{
    struct address address;
    return server->host.n > 0 && !address_read(server->host, &address);
}

static int compare_servers(const void *a, const void *b)
{
    return str_cmp(((const struct plan_server *)a)->name, ((const struct plan_server *)b)->name);
}

static void report_failure(struct diag *diag, const struct plan_backend *backend,
                           const struct plan_server *server, const struct address_list *list)
{
    if (!list || !list->failure)
        return;
    diag_report(diag, FINDING_UNRESOLVED, backend->service,
                "the name %.*s of the server %.*s does not resolve (%s): %s", STR_ARG(server->host),
                STR_ARG(server->url), list->failure,
                list->n ? "it keeps its address" : "its requests get 502");
}

static size_t count_of(const struct address_list *list)
{
    size_t n = list ? list->n : 0;
    return n == 0 ? 1 : n < MOST_ADDRESSES ? n : MOST_ADDRESSES;
}

/* By which all weights of a backend grow, so that those that are shared stay whole: as far as the heaviest
 * one allows. */
static int scale_of(const struct plan_backend *backend, const size_t *counts)
{
    int heaviest = 1, product = 1;
    for (size_t i = 0; i < backend->n_servers; i++) {
        if (backend->servers[i].weight > heaviest)
            heaviest = backend->servers[i].weight;
        if (product <= HEAVIEST && product % (int)counts[i] != 0)
            product *= (int)counts[i];
    }
    int most = HEAVIEST / heaviest;
    return product <= most ? product : most < 1 ? 1 : most;
}

static int share_of(int weight, int scale, size_t count)
{
    int share = (weight * scale + (int)count / 2) / (int)count;
    return share < 1 && weight > 0 ? 1 : share > HEAVIEST ? HEAVIEST : share;
}

static void expand(struct arena *arena, struct plan_backend *backend, const struct address_list *const *lists,
                   const size_t *counts, size_t total)
{
    struct plan_server *servers = ARENA_ARRAY(arena, struct plan_server, total);
    size_t n = 0;
    int scale = scale_of(backend, counts);
    for (size_t i = 0; i < backend->n_servers; i++)
        for (size_t a = 0; a < counts[i]; a++) {
            struct plan_server *server = &servers[n++];
            *server = backend->servers[i];
            server->weight = share_of(server->weight, scale, counts[i]);
            if (is_name(server))
                server->host = lists[i] && lists[i]->n ? arena_copy(arena, lists[i]->p[a]) : nowhere;
            if (a > 0)
                server->name = arena_printf(arena, "%.*s.%zu", STR_ARG(server->name), a + 1);
        }
    qsort(servers, n, sizeof *servers, compare_servers);
    backend->servers = servers;
    backend->n_servers = n;
}

bool plan_backend_has_names(const struct plan_backend *backend)
{
    for (size_t i = 0; i < backend->n_servers; i++)
        if (is_name(&backend->servers[i]))
            return true;
    return false;
}

void plan_set_addresses(struct arena *arena, struct plan *plan, const struct address_book *book,
                        struct diag *diag)
{
    struct plan_backend *backends = ARENA_ARRAY(arena, struct plan_backend, plan->n_backends);
    for (size_t b = 0; b < plan->n_backends; b++) {
        struct plan_backend *backend = &backends[b];
        *backend = plan->backends[b];
        if (!plan_backend_has_names(backend))
            continue;
        const struct address_list **lists =
            ARENA_ARRAY(arena, const struct address_list *, backend->n_servers);
        size_t *counts = ARENA_ARRAY(arena, size_t, backend->n_servers), total = 0;
        for (size_t i = 0; i < backend->n_servers; i++) {
            lists[i] =
                is_name(&backend->servers[i]) ? book->find(book->context, backend->servers[i].host) : NULL;
            counts[i] = count_of(lists[i]);
            total += counts[i];
            report_failure(diag, backend, &backend->servers[i], lists[i]);
        }
        expand(arena, backend, lists, counts, total);
    }
    plan->backends = backends;
}
