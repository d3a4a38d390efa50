/* The parts of model_build and what they share. Internal to route. */
#pragma once

#include "base/strmap.h"
#include "route/model.h"

/* Limits against hostile trees. */
enum {
    MODEL_MAX_EXPANSION = 1 << 21, /* literals of all rules beyond those that were written */
    MODEL_MAX_GUESSES = 100000,    /* names compared to say what was meant */
    MODEL_MAX_TIES = 100,          /* TIE notes */
    MODEL_MAX_HEIGHT = 16          /* of services above each other */
};

/* A list of ops, expanded and shared; `ok` is false where a middleware in it is missing or in error. */
struct op_list {
    const struct model_op *p;
    size_t n;
    bool ok;
};

enum service_state { SERVICE_NEW, SERVICE_OPEN, SERVICE_DONE };

struct service_entry {
    const struct service *source;
    const struct space *space;
    enum service_state state; /* open: its children are being built */
    bool ok;                  /* when done */
    bool reports;             /* its parents can know whether it is up */
    int height;               /* 1: has no children */
    struct model_service draft;
    struct service_entry **children; /* of the draft's children, same order */
    struct model_service *model;     /* at the end; NULL: in error */
    bool ops_resolved;
    struct op_list ops; /* its middlewares */
};

struct transport_entry {
    const struct servers_transport *source;
    const struct model_transport *model; /* NULL: in error */
};

enum middleware_state { MIDDLEWARE_NEW, MIDDLEWARE_OPEN, MIDDLEWARE_DONE };

struct middleware_entry {
    const struct middleware *source;
    const struct space *space;
    enum middleware_state state; /* open: a chain that is being expanded */
    struct op_list ops;          /* when done */
};

/* The middlewares of an entry point, as the routers of one provider see them: bare names are of that one. */
struct entry_ops {
    bool resolved;
    struct op_list ops;
};

/* The objects of one provider. */
struct space {
    const struct tree *tree;
    struct service_entry *services;       /* one for each of the tree's, same order */
    struct middleware_entry *middlewares; /* as well */
    struct transport_entry *transports;   /* as well */
    struct strmap *names[KINDS];          /* name to entry */
    struct str *guesses[KINDS];           /* all names; made when needed */
    struct entry_ops *entry_ops;          /* one for each entry point */
};

struct build {
    struct service_entry *internals; /* made when needed */
    struct arena *arena;             /* of the model */
    struct arena *scratch;           /* released at the end of model_build */
    const struct settings *settings;
    struct diag *diag;
    struct {
        struct strmap *options; /* struct model_tls_options by qualified name */
    } tls;
    const struct model_transport
        *usual_transport; /* of services that name none; NULL: nothing is said of it */
    struct space *spaces; /* by precedence */
    size_t n_spaces;
    size_t n_guesses, n_expanded, n_circles;
    const struct model_watch *watch; /* NULL: nobody watches */
};

/* What a reference means: "x" is of the provider at hand, "x@p" of p. */
struct reference {
    struct str text; /* as written */
    struct str name, provider;
};

struct reference reference_read(struct str text, struct str own_provider);

/* The provider of an object's bare references: its own; but a name "a@b" makes it b, as in Traefik. */
struct str reference_scope(const struct object *object, struct str provider);

/* name@provider, in the arena. */
struct str name_qualify(struct arena *arena, struct str name, struct str provider);

/* The entry that is named (struct service_entry, middleware_entry or transport_entry), or NULL. `key`: of who
 * names it. Every reference goes through here, so that whoever watches knows of all of them. */
void *reference_find(const struct build *b, enum object_kind kind, struct reference reference,
                     struct str key);

/* The finding for a reference that names nothing; `key` is the key that holds it. */
void report_missing(struct build *b, enum object_kind kind, struct reference reference, struct str key);

/* The finding for a reference to an object in error. */
void report_broken(struct build *b, enum object_kind kind, struct reference reference, struct str key,
                   struct str object_key);

/* A finding with the text at fault, marked as a whole; texts are shown up to a sane length. */
void report_text(struct build *b, enum finding_code code, struct str key, struct str text,
                 const char *expected, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* NOT_SUPPORTED: "<what> not supported yet"; `what` ends in "is" or "are". Always false. */
bool refuse_unsupported(struct build *b, struct str key, const char *what);

/* NOT_SUPPORTED for something in the object that the tree noted; whether there is none. */
bool check_supported(struct build *b, const struct object *object);

/* rateLimit (model_limit.c). *idle: it limits nothing. */
bool model_read_rate_limit(struct build *b, const struct rate_limit *source, struct model_op *op, bool *idle);

/* The middlewares of model_auth.c: fill *op; false with findings, which show no secret, where they are in
 * error. */
bool model_read_basic_auth(struct build *b, const struct password_auth *source, struct model_op *op);
bool model_read_digest_auth(struct build *b, const struct password_auth *source, struct model_op *op);
bool model_read_forward_auth(struct build *b, const struct forward_auth *source, struct model_op *op);

/* A path, or PEM text (model_tls_certificate.c): its contents; false where there are none. */
bool model_read_contents(struct build *b, struct str text, struct str *out);

/* Whether Go's crypto/tls has a cipher suite of that name (model_tls_options.c). */
bool tls_suite_is_known(struct str name);

/* TLS towards clients: fill b->tls and out. */
void tls_options_build(struct build *b);
void tls_certificates_build(struct build *b, struct model_tls *out);
/* The qualified name of options as a router writes them. */
struct str tls_options_name(struct build *b, struct str written, struct str scope);

/* TLS towards another server (model_tls_client.c). */
bool model_read_tls_client(struct build *b, const struct tls_client_value *source,
                           struct model_tls_client *out);

/* Whether a name is one that a header can have, or empty; else a finding. */
bool check_header_name(struct build *b, struct str key, struct str name);

/* A list of statuses and ranges (model_status.c). false with a finding. */
bool model_read_statuses(struct build *b, const struct list_value *list, struct model_statuses *out);

/* Fills spaces[].transports. */
void transports_build(struct build *b);

/* Fills spaces[].services and out->services; transports first. */
void services_build(struct build *b, struct model *out);

/* The middlewares of a service that a router uses: they act behind the router's. Middlewares first. */
const struct op_list *service_ops(struct build *b, struct service_entry *entry);

/* A service that is used uses its children. */
void services_spread_use(struct model *model);

/* What a loadBalancer says of itself goes into entry->draft. false, with findings, where it is in error. */
bool balancer_read(struct build *b, struct service_entry *entry);

/* The cookie of a service of that qualified name. */
struct model_cookie cookie_read(struct arena *arena, const struct cookie *source, struct str service);

/* A service of the provider "internal", or NULL where there is none of that name, or none without a static
 * setting. */
struct service_entry *internal_service(struct build *b, struct str name);

/* Fills spaces[].middlewares. */
void middlewares_build(struct build *b);

/* The ops of a list of names, at most MODEL_MAX_OPS. Not ok, with findings, if one is missing or in error. */
struct op_list middlewares_resolve(struct build *b, const struct list_value *names, struct str provider);

/* Several lists in one, shared where only one has ops. Not ok if one is not. n may exceed MODEL_MAX_OPS: p is
 * NULL then. */
struct op_list op_list_join(struct build *b, const struct op_list *lists, size_t n);

/* s with its ASCII letters small, in the arena. */
struct str text_lower(struct arena *arena, struct str s);

/* The program of a regular expression, or NULL with a finding. */
const struct regex_program *model_read_regex(struct build *b, struct str pattern, struct str key);

/* Which address counts. false with findings. */
bool model_read_ip_strategy(struct build *b, const struct ip_strategy *source, struct model_ip_strategy *out);

bool model_read_breaker(struct build *b, const struct circuit_breaker *source, struct model_op *op,
                        bool *idle);

/* Readers of one kind of middleware each (model_path.c, model_headers.c, model_access.c): fill *op, set *idle
 * to false where it does something; false with findings where it is in error. */
bool model_read_add_prefix(struct build *b, const struct add_prefix *source, struct model_op *op, bool *idle);
bool model_read_strip_regex(struct build *b, const struct strip_prefix_regex *source, struct model_op *op,
                            bool *idle);
bool model_read_replace_path(struct build *b, const struct replace_path *source, struct model_op *op,
                             bool *idle);
bool model_read_regex_replace(struct build *b, const struct regex_replace *source, struct model_op *op,
                              bool *idle);
bool model_read_redirect_scheme(struct build *b, const struct redirect_scheme *source, struct model_op *op,
                                bool *idle);
bool model_read_allow_list(struct build *b, const struct allow_list *source, struct model_op *op, bool *idle);
bool model_read_in_flight(struct build *b, const struct in_flight_req *source, struct model_op *op,
                          bool *idle);
bool model_read_encoded(struct build *b, const struct encoded_characters *source, struct model_op *op,
                        bool *idle);
bool model_read_client_cert(struct build *b, const struct pass_client_cert *source, struct model_op *op,
                            bool *idle);
bool model_read_content_type(struct build *b, const struct content_type *source, struct model_op *op,
                             bool *idle);
bool model_read_buffering(struct build *b, const struct buffering *source, struct model_op *op, bool *idle);
bool model_read_retry(struct build *b, const struct retry *source, struct model_op *op, bool *idle);
bool model_read_compress(struct build *b, const struct compress *source, struct model_op *op, bool *idle);
/* `scope`: the provider of bare names. */
bool model_read_errors(struct build *b, const struct error_pages *source, struct str scope,
                       struct model_op *op, bool *idle);

/* An expression over a try, such as "ResponseCode() >= 500 && Attempts() < 3", as a list of steps on a stack,
 * parted by blanks:
 *     Attempts ResponseCode IsNetworkError   a number, or a truth
 *     RequestMethod=NAME                     a truth; NAME quoted by quote_field
 *     17                                     a number
 *     == != < <= > >= && ||                  of the two on top
 * false with a finding where it is none (vulcand/predicate, as oxy/buffer uses it). */
bool model_read_expression(struct build *b, const struct text_value *source, struct str *out);
bool model_read_headers(struct build *b, const struct headers *source, struct model_op *op, bool *idle);

/* Fills out->routers (in the order of the trees) and n_routers_out. */
void routers_build(struct build *b, struct model *out);

/* Copies routers to `out` in rank order, and notes ties, which it counts. */
size_t routers_rank(struct build *b, const struct model_router *found, size_t n, struct model_router *out);
