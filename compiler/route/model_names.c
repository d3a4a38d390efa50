#include "route/model_build.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_BYTES = 200 };

struct reference reference_read(struct str text, struct str own_provider)
{
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != '@')
        at--;
    if (at == 0)
        return (struct reference){ text, text, own_provider };
    return (struct reference){ text, str_head(text, at - 1), str_from(text, at) };
}

struct str reference_scope(const struct object *object, struct str provider)
{
    struct str rest = object->name;
    str_cut(&rest, '@');
    return rest.p ? str_cut(&rest, '@') : provider;
}

struct str name_qualify(struct arena *arena, struct str name, struct str provider)
{
    char *p = arena_alloc(arena, name.n + 1 + provider.n, 1);
    if (name.n)
        memcpy(p, name.p, name.n);
    p[name.n] = '@';
    if (provider.n)
        memcpy(p + name.n + 1, provider.p, provider.n);
    return str_of(p, name.n + 1 + provider.n);
}

static struct space *space_find(const struct build *b, struct str provider)
{
    for (size_t i = 0; i < b->n_spaces; i++)
        if (str_eq(b->spaces[i].tree->provider, provider))
            return &b->spaces[i];
    return NULL;
}

static void *space_get(const struct space *space, enum object_kind kind, struct str name)
{
    return space->names[kind] ? strmap_get(space->names[kind], name) : NULL;
}

void *reference_find(const struct build *b, enum object_kind kind, struct reference reference, struct str key)
{
    const struct space *space = space_find(b, reference.provider);
    void *entry = space ? space_get(space, kind, reference.name) : NULL;
    if (b->watch)
        b->watch->reference(b->watch->context, kind, reference.name, reference.provider, key, entry != NULL);
    return entry;
}

static const char *kind_name(enum object_kind kind)
{
    static const char *const names[KINDS] = { "service", "middleware", "serversTransport" };
    return names[kind];
}

static struct str name_at(const struct tree *tree, enum object_kind kind, size_t i)
{
    return kind == KIND_SERVICE      ? tree->services[i].object.name
           : kind == KIND_MIDDLEWARE ? tree->middlewares[i].object.name
                                     : tree->servers_transports[i].object.name;
}

static const struct str *space_names(struct build *b, struct space *space, enum object_kind kind, size_t *n)
{
    const struct tree *tree = space->tree;
    *n = kind == KIND_SERVICE      ? tree->n_services
         : kind == KIND_MIDDLEWARE ? tree->n_middlewares
                                   : tree->n_servers_transports;
    if (!space->guesses[kind]) {
        space->guesses[kind] = ARENA_ARRAY(b->scratch, struct str, *n);
        for (size_t i = 0; i < *n; i++)
            space->guesses[kind][i] = name_at(tree, kind, i);
    }
    return space->guesses[kind];
}

/* What was meant: the same name of another provider, or a similar one of this. In the form in which it is to
 * be written. As many comparisons as are worth it: a tree may miss its services 100,000 times. */
static struct str guess(struct build *b, enum object_kind kind, struct reference reference)
{
    struct space *space = space_find(b, reference.provider);
    for (size_t i = 0; i < b->n_spaces; i++)
        if (&b->spaces[i] != space && space_get(&b->spaces[i], kind, reference.name))
            return name_qualify(b->scratch, reference.name, b->spaces[i].tree->provider);
    if (!space || b->n_guesses >= MODEL_MAX_GUESSES)
        return (struct str){ 0 };
    size_t n;
    const struct str *names = space_names(b, space, kind, &n);
    size_t left = MODEL_MAX_GUESSES - b->n_guesses;
    n = n < left ? n : left;
    b->n_guesses += n;
    bool whole = !b->watch || !b->watch->nearest;
    struct str name = whole ? nearest_name(reference.name, names, n)
                            : b->watch->nearest(b->watch->context, kind, reference.name);
    bool bare = reference.text.n == reference.name.n;
    return name.n && !bare ? name_qualify(b->scratch, name, reference.provider) : name;
}

static void report(struct build *b, struct finding f, const char *format, va_list args)
{
    char message[512];
    vsnprintf(message, sizeof message, format, args);
    f.message = str_c(message);
    f.text = str_head(f.text, SHOWN_BYTES);
    f.length = f.text.n;
    diag_add(b->diag, f);
}

static void report_finding(struct build *b, struct finding f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(b, f, format, args);
    va_end(args);
}

void report_text(struct build *b, enum finding_code code, struct str key, struct str text,
                 const char *expected, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(b, (struct finding){ .code = code, .key = key, .text = text, .expected = str_c(expected) }, format,
           args);
    va_end(args);
}

static bool is_internal_service(struct str name)
{
    static const char *const names[] = { "api", "dashboard", "rest", "prometheus", "acme-http" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(name, str_c(names[i])))
            return true;
    return false;
}

void report_missing(struct build *b, enum object_kind kind, struct reference reference, struct str key)
{
    struct str name = str_head(reference.name, SHOWN_BYTES),
               provider = str_head(reference.provider, SHOWN_BYTES);
    struct finding f = { .code = FINDING_MISSING_REFERENCE, .key = key, .text = reference.text };
    if (kind == KIND_SERVICE && str_eq(provider, STR("internal")) && is_internal_service(name)) {
        f.code = FINDING_NOT_SUPPORTED;
        report_finding(b, f, "the service %.*s@internal is not supported yet", STR_ARG(name));
    } else if (kind == KIND_SERVICE && str_eq(provider, STR("internal")) && str_eq(name, STR("ping"))) {
        report_finding(b, f, "ping@internal is not there without the static setting ping");
    } else if (!space_find(b, provider)) {
        f.nearest = guess(b, kind, reference);
        report_finding(b, f, "there is no %s %.*s@%.*s: no such provider is read", kind_name(kind),
                       STR_ARG(name), STR_ARG(provider));
    } else {
        f.nearest = guess(b, kind, reference);
        report_finding(b, f, "there is no %s %.*s@%.*s", kind_name(kind), STR_ARG(name), STR_ARG(provider));
    }
}

void report_broken(struct build *b, enum object_kind kind, struct reference reference, struct str key,
                   struct str object_key)
{
    object_key = str_head(object_key, SHOWN_BYTES);
    report_text(b, FINDING_BROKEN_REFERENCE, key, reference.text, NULL, "the %s named is in error: see %.*s",
                kind_name(kind), STR_ARG(object_key));
}

bool refuse_unsupported(struct build *b, struct str key, const char *what)
{
    diag_report(b->diag, FINDING_NOT_SUPPORTED, key, "%s not supported yet", what);
    return false;
}

bool check_supported(struct build *b, const struct object *object)
{
    if (!object->unsupported.p)
        return true;
    struct str at = object->unsupported, key = object->key;
    bool below = str_starts(at, key) && at.n > key.n && at.p[key.n] == '/';
    struct str what = str_head(below ? str_from(at, key.n + 1) : at, SHOWN_BYTES);
    char more[64] = "";
    if (object->n_unsupported > 1)
        snprintf(more, sizeof more, ", nor are %zu more of its keys", object->n_unsupported - 1);
    diag_report(b->diag, FINDING_NOT_SUPPORTED, at, "%.*s is not supported yet%s", STR_ARG(what), more);
    return false;
}
