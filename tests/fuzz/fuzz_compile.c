/* A dump through the whole compiler. Whatever stands in a tree: the records stay one line each, in order,
 * with their fields, and every backend that a record names is declared. */
#include <assert.h>

#include "emit/emit.h"
#include "kv/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_harmless(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f)
            return false;
    return s.n > 0;
}

static bool is_declared(const struct plan *plan, struct str backend)
{
    for (size_t i = 0; i < plan->n_backends; i++)
        if (str_eq(plan->backends[i].name, backend))
            return true;
    return false;
}

static bool has_key(const struct plan_entry *p, size_t n, struct str key, const char *end)
{
    for (size_t i = 0; i < n; i++)
        if (str_starts(p[i].key, key) && str_eq(str_from(p[i].key, key.n), str_c(end)))
            return true;
    return false;
}

/* First keys: letters of rivals, each once. Others: the name of a group or table. */
static void check_more(struct str key, struct str flags, struct str more)
{
    bool further = str_starts(key, STR(">")) || str_starts(key, STR("@"));
    assert(further == (more.n > 0 && !str_starts(flags, STR("+"))));
    for (size_t i = 0; i < more.n && !further; i++)
        assert(strchr(RIVAL_LETTERS, more.p[i]) &&
               str_find(str_from(more, i + 1), more.p[i]) == more.n - i - 1);
}

static void check_record(const struct plan *plan, const struct plan_entry *entry)
{
    struct str rest = entry->value, field[RECORD_OPS + 1] = { 0 };
    size_t fields = 0;
    assert(is_harmless(entry->key) && is_harmless(entry->value) && entry->key.p[0] != '#');
    if (entry->key.p[0] == '}') /* how a backend is chosen: choice.h */
        return;
    while (rest.p && fields < RECORD_OPS)
        field[++fields] = str_cut(&rest, ';');
    assert(!rest.p && fields >= RECORD_MORE);
    struct str flags = field[RECORD_FLAGS], backend = field[RECORD_BACKEND];
    check_more(entry->key, flags, field[RECORD_MORE]);
    assert((field[RECORD_ROUTER].n == 0) == str_eq(field[RECORD_RANK], STR(RANK_NOBODY)));
    assert((backend.n == 0) == (field[RECORD_ROUTER].n == 0));
    if (str_starts(backend, STR("}")))
        assert(str_find(flags, 'b') < flags.n && has_key(plan->routes, plan->n_routes, backend, "?"));
    else
        assert(str_find(flags, 'b') == flags.n && (backend.n == 0 || is_declared(plan, backend)));
    assert((str_find(flags, 'g') < flags.n || str_find(flags, 'q') < flags.n) ==
           (field[RECORD_PROGRAM].n > 0));
    bool runs = str_find(flags, 'p') < flags.n || str_find(flags, 'q') < flags.n;
    assert(runs == (field[RECORD_OPS].n > 0));
    assert(!runs || has_key(plan->maps[MAP_PROGRAMS].p, plan->maps[MAP_PROGRAMS].n, field[RECORD_OPS], ""));
}

/* Of a map that records point into: one line each. */
static void check_map(const struct plan_map *map)
{
    for (size_t i = 0; i < map->n; i++) {
        assert(is_harmless(map->p[i].key) && map->p[i].key.p[0] != '#');
        assert(map->p[i].value.n > 0 && str_find(map->p[i].value, '\n') == map->p[i].value.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct entry_point web = { .name = STR("web"), .address = STR(":80"), .port = 80 };
    struct settings settings = { .entry_points = &web, .n_entry_points = 1 };
    struct kv_snapshot snapshot;
    settings.haproxy.spare_backends = 2;
    settings.agent.workers = 1;
    if (kv_read(arena, str_of((const char *)data, size), KV_FORMAT_UNKNOWN, STR(""), STR("traefik"),
                &snapshot, diag)) {
        const struct tree *tree = tree_decode(arena, &snapshot, diag);
        struct plan *plan = plan_build(arena, model_build(arena, &tree, 1, &settings, diag), NULL);
        struct emit_paths paths = { STR("."), STR(".") };
        for (size_t i = 0; i < plan->n_routes; i++) {
            assert(i == 0 || str_cmp(plan->routes[i - 1].key, plan->routes[i].key) < 0);
            check_record(plan, &plan->routes[i]);
        }
        for (size_t i = 0; i < PLAN_MAPS; i++)
            check_map(&plan->maps[i]);
        emit_all(arena, plan, &paths);
    }
    arena_destroy(arena);
    return 0;
}
