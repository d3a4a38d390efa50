/* What a call of v3 means. */
#include "route/matcher.h"

#include "base/utf8.h"

struct rule_literal literal_of(struct arena *arena, enum matcher matcher, const struct str *args,
                               size_t n_args)
{
    struct str *copies = ARENA_ARRAY(arena, struct str, n_args);
    for (size_t i = 0; i < n_args; i++)
        copies[i] = arena_copy(arena, args[i]);
    return (struct rule_literal){ .matcher = matcher, .args = copies, .n_args = n_args };
}

static struct meaning some(struct arena *arena, enum matcher matcher, const struct str *args, size_t n_args)
{
    return (struct meaning){ .literal = literal_of(arena, matcher, args, n_args) };
}

static struct meaning never(const char *why)
{
    return (struct meaning){ .reach = REACH_NONE, .why = why };
}

/* The routing path keeps exactly these escaped, so a '%' in it begins one of them. */
static bool is_kept_escape(struct str s, bool may_be_cut)
{
    static const char kept[][3] = { "3A", "2F", "3F", "23", "5B", "5D", "40", "21", "24", "26",
                                    "27", "28", "29", "2A", "2B", "2C", "3B", "3D", "25" };
    size_t n = s.n < 2 ? s.n : 2;
    if (n < 2 && !may_be_cut)
        return false;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (memcmp(kept[i], s.p, n) == 0)
            return true;
    return false;
}

static struct meaning path_meaning(struct arena *arena, enum matcher matcher, struct str path)
{
    bool prefix = matcher == MATCHER_PATH_PREFIX;
    if (path.p[0] != '/')
        return (struct meaning){ .fault = "a path begins with /" };
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '?' || path.p[i] == '#')
            return never("rules see the path alone, without query and fragment");
        if (path.p[i] == '%' && !is_kept_escape(str_from(path, i + 1), prefix))
            return never("rules see the path decoded; only reserved characters stay as %XX, in upper case");
    }
    return some(arena, matcher, &path, 1);
}

/* Go's ToUpper: besides ASCII's letters two others become ASCII. */
static struct str to_upper(struct arena *arena, struct str s)
{
    char *p = arena_alloc(arena, s.n + 1, 1);
    size_t n = 0, length;
    for (size_t i = 0; i < s.n; i += length) {
        uint32_t c = utf8_decode(str_from(s, i), &length);
        if (c == 0x17f || c == 0x131) {
            p[n++] = c == 0x17f ? 'S' : 'I';
        } else if (c >= 'a' && c <= 'z') {
            p[n++] = (char)(c - 'a' + 'A');
        } else {
            memcpy(p + n, s.p + i, length);
            n += length;
        }
    }
    return str_of(p, n);
}

static struct meaning method_meaning(struct arena *arena, struct str method)
{
    struct str upper = to_upper(arena, method);
    return upper.n == 0 || str_is_token(upper) ? some(arena, MATCHER_METHOD, &upper, 1)
                                               : never("no method has such a character");
}

/* Why no request has a header of that name, or NULL. Go's server takes some out of the headers. */
static const char *header_name_fault(struct str lower)
{
    if (str_eq(lower, STR("host")))
        return "Host is no header for rules; the matcher Host looks at it";
    if (str_eq(lower, STR("transfer-encoding")) || str_eq(lower, STR("trailer")))
        return "rules do not see this header";
    return lower.n == 0 || str_is_token(lower) ? NULL : "no header's name has such a character";
}

static const char *header_value_fault(struct str value)
{
    char first = value.p[0], last = value.p[value.n - 1];
    if (first == ' ' || first == '\t' || last == ' ' || last == '\t')
        return "headers are seen without blanks around them";
    return str_is_field_value(value) ? NULL : "no header has such a character";
}

static struct meaning header_meaning(struct arena *arena, enum matcher matcher, const struct str *args)
{
    char *lower = arena_alloc(arena, args[0].n, 1);
    for (size_t i = 0; i < args[0].n; i++)
        lower[i] = ascii_lower(args[0].p[i]);
    struct str pair[2] = { { lower, args[0].n }, args[1] };
    const char *why = header_name_fault(pair[0]);
    if (!why && matcher == MATCHER_HEADER)
        why = header_value_fault(args[1]);
    struct meaning out = matcher == MATCHER_HEADER ? some(arena, matcher, pair, 2)
                                                   : meaning_of_regexp(arena, matcher, pair, 2);
    return why && !out.fault ? never(why) : out;
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

struct meaning meaning_of_regexp(struct arena *arena, enum matcher matcher, const struct str *args,
                                 size_t n_args)
{
    struct meaning out = { 0 };
    struct str text, pattern = args[n_args - 1];
    bool whole;
    if (matcher == MATCHER_HOST_REGEXP && !is_ascii(pattern))
        return (struct meaning){ .fault = "a host has ASCII letters only; write others in Punycode (xn--…)" };
    const struct regex *re =
        regex_parse(arena, pattern, matcher == MATCHER_HOST_REGEXP ? REGEX_ASCII : REGEX_BYTES, &out.regex);
    out.pattern = pattern;
    if (!re) {
        out.fault = out.regex.message;
        return out;
    }
    /* Every request has a host, be it empty, and a path. */
    bool always_there = matcher == MATCHER_HOST_REGEXP || matcher == MATCHER_PATH_REGEXP;
    if (always_there && regex_is_always(re)) {
        out.reach = REACH_ALL;
        return out;
    }
    if (matcher == MATCHER_PATH_REGEXP && regex_is_text(arena, re, &text, &whole) &&
        str_starts(text, STR("/")))
        return path_meaning(arena, whole ? MATCHER_PATH : MATCHER_PATH_PREFIX, text);
    out.literal = literal_of(arena, matcher, args, n_args);
    out.literal.regex = re;
    return out;
}

struct meaning meaning_of(struct arena *arena, enum matcher matcher, const struct str *args, size_t n_args)
{
    switch (matcher) {
    case MATCHER_HOST:
        return meaning_of_host(arena, args[0], true);
    case MATCHER_PATH:
    case MATCHER_PATH_PREFIX:
        return path_meaning(arena, matcher, args[0]);
    case MATCHER_METHOD:
        return method_meaning(arena, args[0]);
    case MATCHER_HEADER:
    case MATCHER_HEADER_REGEXP:
        return header_meaning(arena, matcher, args);
    case MATCHER_CLIENT_IP: {
        struct str network = address_canonical(arena, args[0]);
        return network.p ? some(arena, matcher, &network, 1)
                         : (struct meaning){ .fault = "neither an address nor a range of addresses" };
    }
    case MATCHER_QUERY_REGEXP:
        if (n_args == 2)
            return meaning_of_regexp(arena, matcher, args, n_args);
        return some(arena, MATCHER_QUERY, args, n_args);
    case MATCHER_HOST_REGEXP: {
        /* Traefik tries the name behind CNAME records too, which is empty as long as that is off: a pattern
         * that matches nothing matches every host. */
        struct meaning out = meaning_of_regexp(arena, matcher, args, n_args);
        if (out.literal.regex && regex_matches_empty(out.literal.regex))
            out = (struct meaning){ .reach = REACH_ALL };
        return out;
    }
    case MATCHER_PATH_REGEXP:
        return meaning_of_regexp(arena, matcher, args, n_args);
    default:
        return some(arena, matcher, args, n_args);
    }
}
