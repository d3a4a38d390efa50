#include <inttypes.h>

#include "base/address.h"
#include "base/sha1.h"
#include "route/model_build.h"

/* Traefik's default is "_" and the first digits of a digest, six bytes in all. */
enum { DEFAULT_DIGITS = 5 };

static struct str default_name(struct arena *arena, struct str service)
{
    char digest[SHA1_DIGITS + 1];
    sha1_hex(arena_printf(arena, "_TRAEFIK_BACKEND_%.*s", STR_ARG(service)), digest);
    return arena_printf(arena, "_%.*s", DEFAULT_DIGITS, digest);
}

/* Characters (not bytes) that cannot stand in a token become '_'. */
static struct str token_of(struct arena *arena, struct str name)
{
    char *p = arena_alloc(arena, name.n, 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (str_is_token(str_of(&c, 1)))
            p[n++] = c;
        else if (((unsigned char)c & 0xc0) != 0x80) /* not the rest of a character of several bytes */
            p[n++] = '_';
    }
    return str_of(p, n);
}

/* As Go writes attributes: what cannot stand there is left out of a path (net/http sanitizeCookiePath), ...
 */
static void put_path(struct buf *out, struct str path)
{
    struct buf kept = { 0 };
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] >= 0x20 && path.p[i] < 0x7f && path.p[i] != ';')
            buf_putc(&kept, path.p[i]);
    if (kept.n) {
        buf_puts(out, "; Path=");
        buf_put(out, buf_str(&kept));
    }
    buf_fini(&kept);
}

/* ... and a domain that is none is left out as a whole (validCookieDomain): labels of letters, digits and '-'
 * with a letter somewhere, or an IPv4 address. */
static bool is_domain(struct str domain)
{
    enum { LONGEST = 255, LONGEST_LABEL = 63 };
    struct address address;
    bool letters = false;
    if (domain.n == 0 || domain.n > LONGEST)
        return false;
    if (str_find(domain, ':') == domain.n && address_read(domain, &address))
        return true;
    for (struct str rest = str_from(domain, domain.p[0] == '.'); rest.p;) {
        struct str label = str_cut(&rest, '.');
        bool last = !rest.p;
        if (label.n == 0 ? !last
                         : label.n > LONGEST_LABEL || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++) {
            letters = letters || ascii_is_letter(label.p[i]);
            if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-')
                return false;
        }
    }
    return letters;
}

static void put_same_site(struct buf *out, struct str text)
{
    static const struct str known[] = { STR("None"), STR("Lax"), STR("Strict") };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq_nocase(text, known[i])) {
            buf_puts(out, "; SameSite=");
            buf_put(out, known[i]);
        }
}

struct model_cookie cookie_read(struct arena *arena, const struct cookie *source, struct str service)
{
    struct model_cookie out = { 0 };
    struct buf text = { 0 };
    if (!source->key.p)
        return out;
    out.name = source->name.v.n ? token_of(arena, source->name.v) : default_name(arena, service);
    put_path(&text, IS_SET(source->path) ? source->path.v : STR("/"));
    if (is_domain(source->domain.v)) {
        buf_puts(&text, "; Domain=");
        buf_put(&text, source->domain.v.p[0] == '.' ? str_from(source->domain.v, 1) : source->domain.v);
    }
    if (source->max_age.v)
        buf_printf(&text, "; Max-Age=%" PRId64, source->max_age.v > 0 ? source->max_age.v : 0);
    if (source->http_only.v)
        buf_puts(&text, "; HttpOnly");
    if (source->secure.v)
        buf_puts(&text, "; Secure");
    put_same_site(&text, source->same_site.v);
    out.attributes = arena_copy(arena, buf_str(&text));
    buf_fini(&text);
    return out;
}
