#include "route/tree_files.h"

#include "base/file.h"

enum { LARGEST_FILE = 1 << 20, LONGEST_PATH = 4095 };

static struct str contents_of(struct arena *arena, struct str text)
{
    char path[LONGEST_PATH + 1];
    struct buf bytes = { 0 };
    if (text.n == 0 || text.n > LONGEST_PATH || memchr(text.p, '\0', text.n) ||
        memchr(text.p, '\n', text.n) || str_eq(text, STR("-")))
        return text;
    memcpy(path, text.p, text.n);
    path[text.n] = '\0';
    struct str out = file_read(path, LARGEST_FILE, &bytes) ? arena_copy(arena, buf_str(&bytes)) : text;
    buf_fini(&bytes);
    return out;
}

static void read_list(struct arena *arena, struct list_value *list)
{
    struct str *v = ARENA_ARRAY(arena, struct str, list->n);
    for (size_t i = 0; i < list->n; i++)
        v[i] = contents_of(arena, list->v[i]);
    list->v = v;
}

static void read_transport(struct arena *arena, struct servers_transport *t)
{
    struct key_pair *pairs = ARENA_ARRAY(arena, struct key_pair, t->n_certificates);
    read_list(arena, &t->root_cas);
    for (size_t i = 0; i < t->n_certificates; i++) {
        pairs[i] = t->certificates[i];
        pairs[i].cert_file.v = contents_of(arena, pairs[i].cert_file.v);
        pairs[i].key_file.v = contents_of(arena, pairs[i].key_file.v);
    }
    t->certificates = pairs;
}

void tree_read_files(struct arena *arena, struct tree *tree)
{
    size_t n = tree->n_servers_transports;
    struct servers_transport *transports = ARENA_ARRAY(arena, struct servers_transport, n);
    for (size_t i = 0; i < n; i++) {
        transports[i] = tree->servers_transports[i];
        read_transport(arena, &transports[i]);
    }
    tree->servers_transports = transports;
}
