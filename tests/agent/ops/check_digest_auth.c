#include "bench.h"

#include "ops/digest.h"
#include "ops/digest_params.h"

#define USERS                                                                                                \
    "\"test:traefik:54bf620a7a81aed563bc2b26ce4fb970\",\"other:elsewhere:"                                   \
    "54bf620a7a81aed563bc2b26ce4fb970\",\"void:traefik:\""
#define DIGEST(more) "{\"op\":\"digestAuth\",\"users\":[" USERS "],\"realm\":\"traefik\"" more "}"

/* What a client says; NULL: what is right. */
struct saying {
    const char *user, *ha1, *uri, *nc, *nonce, *opaque, *qop, *algorithm, *response, *realm;
};

static void challenge(struct bench *b, struct digest_params *out)
{
    struct verdict v;
    struct request request = { .method = STR("GET"), .url = STR("/a?b=1"), .headers = STR("") };
    bench_ask(b, &request, &v);
    ck_assert(!v.pass && v.status == 401);
    ck_assert_str_eq(v.body, "401 Unauthorized\n");
    ck_assert(digest_params_read(verdict_header(&v, "WWW-Authenticate"), out));
    ck_assert(str_eq(out->algorithm, STR("MD5")) && str_eq(out->qop, STR("auth")) &&
              str_eq(out->realm, STR("traefik")));
    ck_assert_uint_eq(out->nonce.n, 16);
    ck_assert_uint_eq(out->opaque.n, 16);
    verdict_fini(&v);
}

static struct str or_else(const char *said, struct str right)
{
    return said ? str_c(said) : right;
}

/* Asks GET /a?b=1 with an answer to that challenge. */
static void say(struct bench *b, const struct digest_params *c, const struct saying *s, struct verdict *v)
{
    char text[1024], ha2[MD5_DIGITS], response[MD5_DIGITS];
    struct str uri = or_else(s->uri, STR("/a?b=1")), nonce = or_else(s->nonce, c->nonce),
               qop = or_else(s->qop, STR("auth"));
    struct str nc = or_else(s->nc, STR("00000001")),
               ha1 = or_else(s->ha1, STR("54bf620a7a81aed563bc2b26ce4fb970"));
    struct digest md5 = digest_open("MD5");
    md5_joined(&md5, (const struct str[]){ STR("GET"), uri }, 2, ha2);
    md5_joined(&md5, (const struct str[]){ ha1, nonce, nc, STR("cn"), qop, str_of(ha2, MD5_DIGITS) }, 6,
               response);
    digest_close(&md5);
    struct str sent = or_else(s->response, str_of(response, MD5_DIGITS)),
               opaque = or_else(s->opaque, c->opaque);
    int n = snprintf(text, sizeof text,
                     "Digest username=\"%s\", realm=\"%s\", nonce=\"%.*s\", uri=\"%.*s\", response=\"%.*s\", "
                     "algorithm=%s, "
                     "opaque=\"%.*s\", qop=%.*s, nc=%.*s, cnonce=\"cn\"",
                     s->user ? s->user : "test", s->realm ? s->realm : "traefik", STR_ARG(nonce),
                     STR_ARG(uri), STR_ARG(sent), s->algorithm ? s->algorithm : "MD5", STR_ARG(opaque),
                     STR_ARG(qop), STR_ARG(nc));
    struct request request = { .method = STR("GET"),
                               .url = STR("/a?b=1"),
                               .authorization = str_of(text, (size_t)n) };
    bench_ask(b, &request, v);
}

static bool passes(struct bench *b, const struct digest_params *c, const struct saying *s, bool *stale)
{
    struct verdict v;
    say(b, c, s, &v);
    struct str header = verdict_header(&v, "WWW-Authenticate");
    *stale = str_search(header, STR("stale=\"true\", algorithm")) != SIZE_MAX;
    bool pass = v.pass;
    verdict_fini(&v);
    return pass;
}

static const struct {
    struct saying said;
    bool passes;
} sayings[] = {
    { { .nc = NULL }, true },
    { { .nc = "0000000a" }, true },
    { { .uri = "/a" }, true },                /* old clients leave the query out */
    { { .user = "any", .ha1 = "" }, false },  /* passes in Traefik: its secret is the empty text */
    { { .user = "void", .ha1 = "" }, false }, /* the same */
    { { .user = "other" }, false },           /* of another realm */
    { { .user = "test:traefik", .ha1 = "" }, false },
    { { .ha1 = "x7a81aed563bc2b26ce4fb97054bf620", .user = "any" },
      false },                      /* what nobody's answer is compared with */
    { { .uri = "/" }, false },      /* passes in Traefik, for any path */
    { { .uri = "" }, false },       /* passes in Traefik */
    { { .uri = "/a?b=2" }, false }, /* passes in Traefik */
    { { .uri = "/there" }, false },
    { { .uri = "/%61?b=1" }, true }, /* the entry point has brought the request's path into normal form */
    { { .uri = "/%61" }, true },
    { { .uri = "%2fa?b=1" }, false },
    { { .uri = "/a%3fb=1" }, false },
    { { .uri = "/a%3Fb=1?b=1" }, false },
    { { .uri = "/%6" }, false },
    { { .uri = "/a?b=%31" }, false },
    { { .nc = "00000000" }, false }, /* passes in Traefik, for ever */
    { { .nc = "zz" }, false },
    { { .nc = "" }, false },
    { { .nc = "10000000000000001" }, false },
    { { .nonce = "bm9uY2U=" }, false },
    { { .opaque = "bm9uY2U=" }, false },
    { { .qop = "auth-int" }, false },
    { { .qop = "" }, false },
    { { .algorithm = "SHA-256" }, false },
    { { .response = "" }, false },
    { { .response = "00000000000000000000000000000000" }, false },
    { { .ha1 = "54bf620a7a81aed563bc2b26ce4fb971" }, false },
};

START_TEST(only_a_right_answer_passes)
{
    struct bench b;
    struct digest_params c;
    bool stale;
    bench_open(&b, DIGEST(""));
    challenge(&b, &c);
    ck_assert_int_eq(passes(&b, &c, &sayings[_i].said, &stale), sayings[_i].passes);
    ck_assert(!stale);
    bench_close(&b);
}
END_TEST

START_TEST(an_answer_is_good_once)
{
    struct bench b;
    struct digest_params c;
    bool stale;
    bench_open(&b, DIGEST(""));
    challenge(&b, &c);
    ck_assert(passes(&b, &c, &(struct saying){ .nc = "00000002" }, &stale));
    ck_assert(!passes(&b, &c, &(struct saying){ .nc = "00000002" }, &stale) && !stale);
    ck_assert(!passes(&b, &c, &(struct saying){ .nc = "00000001" }, &stale) && stale);
    ck_assert(passes(&b, &c, &(struct saying){ .nc = "00000003" }, &stale));
    /* A wrong password with a high count does not lock the right one out. */
    ck_assert(!passes(&b, &c, &(struct saying){ .nc = "ffffffff", .ha1 = "x" }, &stale) && !stale);
    ck_assert(passes(&b, &c, &(struct saying){ .nc = "00000004" }, &stale));
    bench_close(&b);
}
END_TEST

START_TEST(nonces_outlive_a_reload_of_the_same_op_and_no_change_of_it)
{
    struct bench b;
    struct digest_params c;
    bool stale;
    bench_open(&b, DIGEST(""));
    challenge(&b, &c);
    bench_load(&b, DIGEST("") "," DIGEST(""));
    bench_load(&b, DIGEST(""));
    ck_assert(passes(&b, &c, &(struct saying){ .nc = NULL }, &stale));
    bench_load(&b, DIGEST(",\"remove\":true"));
    ck_assert(!passes(&b, &c, &(struct saying){ .nc = "00000002" }, &stale));
    bench_close(&b);
}
END_TEST

START_TEST(headers_are_changed_as_the_options_say)
{
    struct bench b;
    struct digest_params c;
    struct verdict v;
    bench_open(&b, DIGEST(",\"header\":\"X-U\",\"remove\":true"));
    challenge(&b, &c);
    say(&b, &c, &(struct saying){ .nc = NULL }, &v);
    ck_assert(v.pass && str_eq(buf_str(&v.request), STR("-X-U\nX-U: test\n-authorization\n")));
    verdict_fini(&v);
    bench_close(&b);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { only_a_right_answer_passes, ROWS(sayings) },
                                     { an_answer_is_good_once, 0 },
                                     { nonces_outlive_a_reload_of_the_same_op_and_no_change_of_it, 0 },
                                     { headers_are_changed_as_the_options_say, 0 },
                                     { 0 } };
    return run_suite("digest_auth", rows);
}
