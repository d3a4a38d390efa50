#include "plan/lane.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/quote.h"
#include "base/vec.h"
#include "plan/ops.h"

enum { DIGEST_DIGITS = 16 };

typedef VEC(struct model_header) header_vec;

/* The chain as far as it has been gone through. */
struct lane_build {
    struct arena *arena;
    const struct model_router *router;
    struct lane *lane;
    struct buf lists;
    header_vec requests, answers;
    bool changes_path, rewritten;
};

/* Bytes that stand for themselves in paths, in both of net/url's forms, and in a record. */
static bool is_usual(struct str s)
{
    return str_is_of(s, "._~$&+,/:=@-");
}

/* Names that the gateway itself or other ops look at or add to. */
static bool is_special(struct str name)
{
    static const char *const names[] = { "host",
                                         "x-forwarded-for",
                                         "x-forwarded-proto",
                                         "x-forwarded-prefix",
                                         "x-replaced-path",
                                         "connection",
                                         "upgrade",
                                         "te",
                                         "transfer-encoding",
                                         "content-length",
                                         "vary",
                                         NULL };
    return str_is_one_of(name, names);
}

static const struct model_header *find(const header_vec *headers, struct str name)
{
    for (size_t i = 0; i < headers->n; i++)
        if (str_eq(headers->p[i].name, name))
            return &headers->p[i];
    return NULL;
}

static bool add_headers(struct lane_build *b, const struct model_headers *h)
{
    if (h->no_forwarded_for || h->cors.on || h->cors.add_vary || h->n_hosts || h->secure.n)
        return false;
    for (size_t i = 0; i < h->request.n; i++) {
        struct model_header *before = (struct model_header *)find(&b->requests, h->request.p[i].name);
        if (h->request.p[i].value.n == 0 || is_special(h->request.p[i].name))
            return false;
        if (before)
            before->value = h->request.p[i].value;
        else
            vec_push(&b->requests, h->request.p[i]);
    }
    const struct model_headers_list *lists[] = { &h->response,
                                                 &h->security }; /* the first that names one counts */
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->n; i++) {
            const struct model_header *header = &lists[l]->p[i];
            bool fresh = str_starts(header->name, STR("content-security-policy")) &&
                         str_search(header->value, STR("$NONCE")) != SIZE_MAX;
            if (header->value.n == 0 || is_special(header->name) || fresh)
                return false;
            if (!find(&b->answers, header->name))
                vec_push(&b->answers, *header);
        }
    return true;
}

static bool add_count(struct lane_build *b, size_t at)
{
    const struct model_in_flight *limit = &b->router->ops[at].in_flight;
    const struct model_ip_strategy *by = &limit->strategy;
    bool by_peer = limit->source == SOURCE_IP && by->depth <= 0 && by->excluded.n == 0 && by->subnet == 0;
    if (b->lane->counted || limit->amount <= 0 || (limit->source != SOURCE_HOST && !by_peer))
        return false;
    b->lane->counted = by_peer ? LANE_COUNT_BY_PEER : LANE_COUNT_BY_HOST;
    b->lane->counter = ops_counter(b->arena, b->router, at);
    b->lane->amount = limit->amount;
    return true;
}

static bool has_unbounded(const char *text, size_t most)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '*' || *text == '+';
    return n > most;
}

/* One that can match once only, means the same to PCRE2, and cannot take long. */
static bool is_simple_expression(struct str s)
{
    char copy[128];
    if (s.n < 2 || s.n >= sizeof copy || s.p[0] != '^' || memchr(s.p, '\0', s.n))
        return false;
    memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    for (size_t i = 1; i < s.n; i++) {
        bool plain = ascii_is_alnum(copy[i]) || strchr("/_-.()[]^$*+?", copy[i]);
        bool repeats = strchr("*+?", copy[i]) != NULL;
        if (!plain || (copy[i] == '^' && copy[i - 1] != '[') || (repeats && strchr("*+?(^", copy[i - 1])) ||
            (repeats && copy[i] != '?' && copy[i - 1] == ')'))
            return false;
    }
    return !has_unbounded(copy, 2) && !strstr(copy, "[[") && !strstr(copy, "[]") && !strstr(copy, "[^]");
}

static bool add_rewrite(struct lane_build *b, const struct model_replace *replace)
{
    struct buf text = { 0 };
    bool ok = is_simple_expression(replace->pattern);
    buf_put(&text, replace->pattern);
    buf_putc(&text, ' ');
    for (size_t i = 0; i < replace->with.n && ok; i++) {
        const struct regex_part *part = &replace->with.p[i];
        ok = part->group == SIZE_MAX ? is_usual(part->text) : part->group <= 9;
        if (part->group == SIZE_MAX)
            buf_put(&text, part->text);
        else
            buf_printf(&text, "\\%zu", part->group);
    }
    b->lane->rewrite = arena_copy(b->arena, buf_str(&text));
    buf_fini(&text);
    b->rewritten = true;
    return ok && lane_is_rewrite(b->lane->rewrite);
}

static bool add_path(struct lane_build *b, const struct model_op *op)
{
    struct lane *lane = b->lane;
    bool first = !b->changes_path;
    b->changes_path = true;
    if (b->rewritten)
        return false;
    switch (op->kind) {
    case OP_STRIP_PREFIX:
        lane->strip = op;
        return first && !op->strip.force_slash;
    case OP_ADD_PREFIX:
        lane->put = arena_printf(b->arena, "%s%.*s%.*s", op->prefix.p[0] == '/' ? "" : "/",
                                 STR_ARG(op->prefix), STR_ARG(lane->put));
        return is_usual(op->prefix);
    case OP_REPLACE_PATH:
        lane->path = op->path;
        b->rewritten = true;
        return op->path.n > 0 && op->path.p[0] == '/' && is_usual(op->path);
    default:
        return add_rewrite(b, &op->replace);
    }
}

static bool add_op(struct lane_build *b, size_t at)
{
    const struct model_op *op = &b->router->ops[at];
    switch (op->kind) {
    case OP_ENCODED: /* a path with codes takes no lane */
        return true;
    case OP_ALLOW_LIST:
        ops_put(&b->lists, b->router, at);
        return op->allow.strategy.depth <= 0 && op->allow.strategy.excluded.n == 0 &&
               op->allow.strategy.subnet == 0;
    case OP_REDIRECT_SCHEME:
        b->lane->host = true;
        return str_eq(op->redirect.scheme, STR("http")) && op->redirect.port.n == 0;
    case OP_IN_FLIGHT:
        return add_count(b, at);
    case OP_HEADERS:
        return add_headers(b, op->headers);
    case OP_STRIP_PREFIX:
    case OP_ADD_PREFIX:
    case OP_REPLACE_PATH:
    case OP_REPLACE_REGEX:
        return add_path(b, op);
    default:
        return false;
    }
}

static int compare(const void *a, const void *b)
{
    return str_cmp(((const struct model_header *)a)->name, ((const struct model_header *)b)->name);
}

static struct model_headers_list list_of(struct arena *arena, header_vec *headers)
{
    struct model_header *copy = ARENA_ARRAY(arena, struct model_header, headers->n);
    if (headers->n) {
        qsort(headers->p, headers->n, sizeof *headers->p, compare);
        memcpy(copy, headers->p, headers->n * sizeof *copy);
    }
    struct model_headers_list list = { copy, headers->n };
    vec_fini(headers);
    return list;
}

const struct lane *lane_of(struct arena *arena, const struct model_router *router)
{
    struct lane_build b = { .arena = arena, .router = router, .lane = ARENA_NEW(arena, struct lane) };
    bool ok = true;
    *b.lane = (struct lane){ 0 };
    for (size_t i = 0; i < router->n_ops && ok; i++)
        ok = add_op(&b, i);
    if (ok && b.lists.n) {
        char digest[DIGEST_DIGITS + 1];
        sha256_hex(buf_str(&b.lists), digest, DIGEST_DIGITS);
        b.lane->allow = arena_copy(arena, str_c(digest));
    }
    buf_fini(&b.lists);
    b.lane->requests = list_of(arena, &b.requests);
    b.lane->answers = list_of(arena, &b.answers);
    return ok ? b.lane : NULL;
}

static size_t place_of(const struct str *list, size_t n, struct str s)
{
    size_t i = 0;
    while (i < n && !str_eq(list[i], s))
        i++;
    return i;
}

/* The bits of the names; false where one is missing. */
static bool bits_of(const struct model_headers_list *headers, const struct str *names, size_t n,
                    unsigned *bits)
{
    bool all = true;
    *bits = 0;
    for (size_t i = 0; i < headers->n && all; i++) {
        size_t place = place_of(names, n, headers->p[i].name);
        all = place < n;
        *bits |= all ? 1u << place : 0;
    }
    return all;
}

static void put_values(struct buf *out, const struct model_headers_list *headers, const struct str *names,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_putc(out, ';');
        for (size_t j = 0; j < headers->n; j++)
            if (str_eq(headers->p[j].name, names[i]))
                quote_field(out, headers->p[j].value);
    }
}

struct str lane_text(struct arena *arena, const struct lane *lane, const struct shape *shape)
{
    unsigned requests, answers;
    size_t rewrite =
        lane->rewrite.n ? place_of(shape->lane_rewrites, shape->n_lane_rewrites, lane->rewrite) : 0;
    if (!bits_of(&lane->requests, shape->lane_requests, shape->n_lane_requests, &requests) ||
        !bits_of(&lane->answers, shape->lane_answers, shape->n_lane_answers, &answers) ||
        (lane->rewrite.n && rewrite == shape->n_lane_rewrites))
        return (struct str){ 0 };
    unsigned bits = (lane->allow.n ? LANE_ALLOW : 0U) | (lane->host ? LANE_HOST : 0U) | lane->counted |
                    (lane->rewrite.n || lane->path.n ? LANE_REWRITE : 0U) | (requests ? LANE_REQUESTS : 0U) |
                    (answers ? LANE_ANSWERS : 0U);
    struct buf out = { 0 };
    buf_printf(&out, "%u;%zu;%u;%u;%" PRId64 ";", bits, lane->rewrite.n ? rewrite + 1 : 0, requests, answers,
               lane->amount);
    quote_field(&out, lane->path);
    buf_printf(&out, ";%.*s;%.*s", STR_ARG(lane->allow), STR_ARG(lane->counter));
    if (requests || answers) {
        put_values(&out, &lane->requests, shape->lane_requests, shape->n_lane_requests);
        put_values(&out, &lane->answers, shape->lane_answers, shape->n_lane_answers);
    }
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

bool lane_is_rewrite(struct str s)
{
    size_t blanks = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool back = s.p[i] == '\\' && i + 1 < s.n && ascii_is_digit(s.p[i + 1]);
        blanks += s.p[i] == ' ';
        if (!back && !str_is_of(str_of(s.p + i, 1), " /_-.()[]^$*+?~&,:=@"))
            return false;
    }
    return blanks == 1 && s.n > 2 && s.n < 300 && s.p[0] == '^';
}
