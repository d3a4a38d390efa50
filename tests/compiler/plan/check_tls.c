#include "plan/plan.h"

#include "../route/model_case.h"
#include "route/pem.h"
#include "tls_files.h"

#define ROUTER(name, rule, tls)                                                                              \
    "http/routers/" name "/rule = " rule "\nhttp/routers/" name "/service = s\nhttp/routers/" name           \
    "/entrypoints = web\nhttp/routers/" name "/tls" tls "\n"
#define CERTIFICATE(n, name)                                                                                 \
    "tls/certificates/" n "/certFile = " name ".crt\ntls/certificates/" n "/keyFile = " name ".key\n"
#define OPTIONS(set, key, value) "tls/options/" set "/" key " = " value "\n"
#define SECURE                   ROUTER("r", "PathPrefix(`/`)", " = true")

/* Whose certificate a line serves: the first name in it. */
static void put_certificate(struct buf *out, struct arena *arena, const struct plan_file *file)
{
    size_t n;
    const struct str *names = pem_names(arena, file->bytes, &n);
    buf_printf(out, "%.*s", STR_ARG(n ? names[0] : STR("default")));
}

/* The doors and what is in them; what routes.map says of names. */
static void put_tls(struct buf *out, struct arena *arena, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_lists; i++) {
        const struct plan_list *list = &plan->lists[i];
        size_t door = (size_t)(list->name.p[list->name.n - 5] - '0');
        struct str words = plan->shape.doors[door];
        size_t ciphers = str_search(words, STR(" ciphers ")), alpn = str_search(words, STR(" alpn "));
        buf_printf(out, "%.*s%.*s%.*s\n", STR_ARG(list->name), STR_ARG(str_head(words, ciphers)),
                   STR_ARG(alpn == SIZE_MAX ? STR("") : str_from(words, alpn)));
        for (size_t j = 0; j < list->n_lines; j++) {
            const struct plan_line *line = &list->lines[j];
            ciphers = str_search(line->words, STR(" ciphers "));
            buf_puts(out, "  ");
            put_certificate(out, arena, line->file);
            buf_printf(out, " [%.*s] %.*s%s\n", STR_ARG(str_head(line->words, ciphers)), STR_ARG(line->names),
                       line->authorities ? " (authorities)" : "");
        }
    }
    for (size_t i = 0; i < plan->n_routes; i++)
        if (plan->routes[i].key.p[0] == '$')
            buf_printf(out, "%.*s %.*s\n", STR_ARG(plan->routes[i].key), STR_ARG(plan->routes[i].value));
}

#define DOOR0 "list-2-0.txtssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3 alpn h2,http/1.1\n"

static const struct tls_case {
    const char *tree, *want;
} cases[] = {
    { "", "" },
    { SECURE, DOOR0 },
    /* Exact names and wildcards, each with the certificate that Traefik serves; an address is no name. */
    { SECURE CERTIFICATE("0", "wild") CERTIFICATE("1", "exact") CERTIFICATE("2", "multi")
          CERTIFICATE("3", "a"),
      DOOR0 "  exact.wild.test [] exact.wild.test\n  *.wild.test [] *.wild.test\n  a.test [] a.test\n  "
            "*.multi.test [] *.multi.test one.test two.test\n" },
    /* A name below a wildcard of the same certificate and options has no line of its own. */
    { ROUTER("r", "Host(`x.wild.test`)", " = true") CERTIFICATE("0", "wild"),
      DOOR0 "  *.wild.test [] *.wild.test\n" },
    /* Options: on a certificate's own names, on names below its wildcard, on names without a certificate. */
    { ROUTER("a", "Host(`a.test`)", "/options = strict")
          ROUTER("x", "Host(`x.wild.test`)", "/options = strict") ROUTER("n", "Host(`none.test`)",
                                                                         "/options = strict")
              OPTIONS("strict", "minVersion", "VersionTLS13") CERTIFICATE("0", "wild") CERTIFICATE("1", "a"),
      DOOR0
      "  *.wild.test [] *.wild.test\n  *.wild.test [ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.3] x.wild.test\n  "
      "default [ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.3] none.test\n"
      "  a.test [ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.3] a.test\n"
      "$6$a.test? .;;strict@etcd;0;;h2,http/1.1\n$6$none.test? "
      ".;;strict@etcd;0;;h2,http/1.1\n$6$x.wild.test? .;;strict@etcd;0;;h2,http/1.1\n" },
    /* A wildcard of options, and an exact name below it with the default ones. */
    { ROUTER("w", "Host(`*.wild.test`)", "/options = strict") ROUTER("x", "Host(`x.wild.test`)", " = true")
          OPTIONS("strict", "minVersion", "VersionTLS13") CERTIFICATE("0", "wild"),
      DOOR0
      "  *.wild.test [ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.3] *.wild.test\n  *.wild.test [] x.wild.test\n"
      "$6$*.wild.test? .;;strict@etcd;0;;h2,http/1.1\n$6$x.wild.test? .;;;0;;h2,http/1.1\n" },
    /* No certificate, and none but its own will do: refused. */
    { ROUTER("a", "Host(`b.test`)", "/options = strict") OPTIONS("strict", "sniStrict", "true"),
      DOOR0 "  default [ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2] b.test\n$6$b.test? "
            ".;;strict@etcd;0;;h2,http/1.1\n" },
    { SECURE OPTIONS("default", "sniStrict", "true") CERTIFICATE("0", "a"),
      "list-2-0.txtssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3 alpn h2,http/1.1 strict-sni\n  a.test [] "
      "a.test\n" },
    /* Client certificates have a door of their own. */
    { ROUTER("a", "Host(`a.test`)", "/options = auth") OPTIONS("auth", "clientAuth/caFiles", "a.crt")
          CERTIFICATE("0", "a"),
      DOOR0 "list-2-1.txtno-tls-tickets\n  a.test [ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3] a.test "
            "(authorities)\n$6$a.test? .;;auth@etcd;1;c;h2,http/1.1\n" },
    { ROUTER("a", "Host(`a.test`)", "/options = ask")
          OPTIONS("ask", "clientAuth/clientAuthType", "RequestClientCert"),
      DOOR0
      "list-2-1.txtno-tls-tickets verify optional ca-file {tls}/any.pem no-ca-names ca-ignore-err all "
      "crt-ignore-err all\n"
      "  default [ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3] a.test\n$6$a.test? .;;ask@etcd;1;;h2,http/1.1\n" },
    { ROUTER("a", "Host(`a.test`)", "/options = curve") OPTIONS("curve", "curvePreferences", "CurveP384"),
      DOOR0 "list-2-1.txtcurves P-384\n  default [ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3] "
            "a.test\n$6$a.test? .;;curve@etcd;1;;h2,http/1.1\n" },
    { SECURE OPTIONS("default", "clientAuth/clientAuthType", "RequireAnyClientCert"),
      "list-2-0.txtssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3 alpn h2,http/1.1 no-tls-tickets verify required "
      "ca-file {tls}/any.pem no-ca-names "
      "ca-ignore-err all crt-ignore-err all\n" },
    /* Broken options: closed, by name or altogether. */
    { ROUTER("a", "Host(`a.test`)", "/options = gone"), DOOR0 "$6$a.test? .;;;close\n" },
    { ROUTER("a", "Host(`a.test`)", " = true") OPTIONS("default", "cipherSuites", "nonsense"),
      DOOR0 "$6$? .;;;close\n$6$a.test? .;;;close\n" },
};

START_TEST(names_get_lines_and_doors)
{
    struct tls_files files = { 0 };
    struct settings settings = usual_settings;
    struct buf out = { 0 };
    settings.files = tls_files_view(&files);
    struct model_case c = model_case_with(&settings, cases[_i].tree, NULL);
    const struct plan *plan = plan_build(c.arena, c.model, NULL);
    buf_puts(&out, "");
    put_tls(&out, c.arena, plan);
    ck_assert_msg(str_eq(buf_str(&out), str_c(cases[_i].want)), "%s\nis\n%swanted\n%s", cases[_i].tree, out.p,
                  cases[_i].want);
    buf_fini(&out);
    model_case_fini(&c);
    tls_files_fini(&files);
}
END_TEST

/* The shape keeps its doors and entry points, and grows where it must; records say which options they need.
 */
START_TEST(the_shape_grows_with_doors)
{
    static const char plain[] = ROUTER("a", "Host(`a.test`)", " = true");
    static const char asking[] = ROUTER("a", "Host(`a.test`)", "/options = ask")
        OPTIONS("ask", "clientAuth/clientAuthType", "RequestClientCert");
    struct model_case none = model_case_of(ROUTER("a", "Host(`a.test`)", " = false")),
                      one = model_case_of(plain), two = model_case_of(asking);
    struct arena *arena = arena_create();
    struct plan *first = plan_build(arena, none.model, NULL),
                *second = plan_build(arena, one.model, &first->shape);
    ck_assert_uint_eq(first->shape.n_tls_entry_points, 0);
    ck_assert(str_eq(second->shape_reason, STR("the first router with TLS on an entry point")));
    struct plan *third = plan_build(arena, two.model, &second->shape),
                *fourth = plan_build(arena, one.model, &third->shape);
    ck_assert(str_eq(third->shape_reason, STR("the first TLS options of their kind")));
    ck_assert_uint_eq(third->shape.n_doors, 2);
    ck_assert_uint_eq(fourth->shape_reason.n, 0);
    ck_assert_uint_eq(fourth->shape.n_doors, 2);
    ck_assert(str_ends(third->routes[third->n_routes - 1].value, STR(";;ask@etcd")));
    struct plan *fifth = plan_build(arena, none.model, &fourth->shape);
    ck_assert_uint_eq(fifth->shape_reason.n, 0);
    ck_assert_uint_eq(fifth->shape.n_tls_entry_points, 1);
    struct buf json = { 0 };
    struct shape back;
    shape_write(&third->shape, &json);
    ck_assert(shape_read(arena, buf_str(&json), &back));
    ck_assert_uint_eq(back.n_doors, 2);
    ck_assert(str_eq(back.doors[1], third->shape.doors[1]));
    ck_assert(str_eq(back.tls_entry_points[0], STR("web")));
    buf_fini(&json);
    arena_destroy(arena);
    model_case_fini(&none);
    model_case_fini(&one);
    model_case_fini(&two);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { names_get_lines_and_doors, sizeof cases / sizeof *cases },
                                     { the_shape_grows_with_doors, 0 },
                                     { NULL, 0 } };
    return run_suite("tls", rows);
}
