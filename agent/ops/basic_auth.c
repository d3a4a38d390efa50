/* basicAuth (Traefik's, reference/traefik-middlewares.md 3.2). A verified password is known again for a
 * minute; other ones wait for the hasher, but for those whose hash is a single SHA-1. An unknown name costs
 * what some known one's wrong password costs: always the same one's for the same name. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"
#include "ops/credentials.h"
#include "ops/fields.h"
#include "ops/hasher.h"
#include "ops/op.h"
#include "ops/password.h"
#include "ops/siphash.h"
#include "ops/verdict.h"

#define PATIENCE_NS INT64_C(20000000000) /* a hash that is not begun by then is not computed */

static bool parse(struct json_object *from, struct op *op, char error[static 256])
{
    struct field fields[] = { { "op", json_type_string, true, NULL },
                              { "users", json_type_array, true, NULL },
                              { "realm", json_type_string, true, NULL },
                              { "header", json_type_string, false, NULL },
                              { "remove", json_type_boolean, false, NULL } };
    struct basic_auth *out = &op->basic_auth;
    if (!fields_read(from, fields, 5, error) || !users_read(fields[1].value, &out->users, error))
        return false;
    struct buf challenge = { 0 };
    buf_puts(&challenge, "Basic realm=\"");
    buf_put(&challenge, field_str(fields[2].value));
    buf_putc(&challenge, '"');
    out->challenge = str_own(buf_str(&challenge));
    buf_fini(&challenge);
    out->header = str_own(fields[3].value ? field_str(fields[3].value) : STR(""));
    out->remove = fields[4].value && json_object_get_boolean(fields[4].value);
    if (out->users.n == 0 || out->challenge.n > VERDICT_TEXT)
        snprintf(error, 256, out->users.n ? "the realm is too long" : "there are no users");
    return out->users.n > 0 && out->challenge.n <= VERDICT_TEXT;
}

static void fini(struct op *op)
{
    users_fini(&op->basic_auth.users);
    free((char *)op->basic_auth.challenge.p);
    free((char *)op->basic_auth.header.p);
}

/* The hash that the password is tried against. */
struct trial {
    struct str hash;
    bool hopeless; /* of somebody else: the name is unknown, or has no hash */
};

static struct trial trial_of(const struct basic_auth *b, struct str name)
{
    static const struct siphash_key fixed = { 0x6d616974726564, 0x6e616d6573 };
    const struct user *user = users_find(&b->users, name);
    if (user && user->secret.n)
        return (struct trial){ user->secret, false };
    return (struct trial){ b->users.p[siphash(&fixed, name) % b->users.n].secret, true };
}

static const char unknown[] = "unknown user", wrong[] = "wrong password";

static bool refuse(const struct basic_auth *b, const char *why, struct verdict *v)
{
    verdict_refuse(v, basic_auth_op.name, 401, "401 Unauthorized\n");
    v->why = why;
    verdict_add_header(v, "WWW-Authenticate", b->challenge);
    return false;
}

static void refuse_untried(struct verdict *v)
{
    verdict_refuse(v, basic_auth_op.name, 503, "Service Unavailable");
    v->why = "too many passwords wait to be computed";
}

static enum op_result run(const struct op *op, struct decision *d)
{
    const struct basic_auth *b = &op->basic_auth;
    struct credentials given;
    if (!credentials_read(request_authorization(&d->request), &given)) {
        refuse(b, "no name and password", d->verdict);
        return OP_REFUSE;
    }
    struct trial trial = trial_of(b, given.user);
    enum password_scheme scheme = password_scheme(trial.hash);
    bool right = false, quick = scheme == PASSWORD_SHA1 || scheme == PASSWORD_UNUSABLE;
    if (quick) {
        right = password_check(trial.hash, given.password);
    } else {
        struct verified_tag tag = verified_tag(d->tools->verified, trial.hash, given.password);
        right = verified_has(d->tools->verified, &tag, d->now_ns);
        if (!right || trial.hopeless)
            return OP_WAIT;
    }
    if (!right || trial.hopeless) {
        refuse(b, trial.hopeless ? unknown : wrong, d->verdict);
        return OP_REFUSE;
    }
    verdict_hand_on_user(d->verdict, given.user, b->header, b->remove);
    return OP_PASS;
}

struct check {
    struct hash_job job; /* job.item is first in it */
    const struct basic_auth *op;
    struct waiting *waiting;
    struct credentials given;
};

static void finish(struct inbox_item *item)
{
    struct check *check = (struct check *)(void *)item;
    struct waiting *waiting = check->waiting;
    struct verdict *v = waiting->decision.verdict;
    bool right = check->job.result == HASH_RIGHT;
    if (right)
        verdict_hand_on_user(v, check->given.user, check->op->header, check->op->remove);
    else if (check->job.result == HASH_WRONG)
        refuse(check->op, check->job.hopeless ? unknown : wrong, v);
    else
        refuse_untried(v);
    explicit_bzero(check, sizeof *check);
    free(check);
    waiting_end(waiting, right);
}

static void start(const struct op *op, struct waiting *waiting)
{
    static const struct siphash_key any = { 1, 2 };
    const struct decision *d = &waiting->decision;
    struct check *check = xmalloc(sizeof *check);
    check->op = &op->basic_auth;
    check->waiting = waiting;
    credentials_read(request_authorization(&d->request), &check->given);
    struct trial trial = trial_of(check->op, check->given.user);
    struct str address = str_of((const char *)d->request.source.bytes, d->request.source.n);
    check->job =
        (struct hash_job){ .item.finish = finish,
                           .inbox = d->tools->inbox,
                           .hash = trial.hash,
                           .password = check->given.password,
                           .hopeless = trial.hopeless,
                           .tag = verified_tag(d->tools->verified, trial.hash, check->given.password),
                           .share = (unsigned)siphash(&any, address),
                           .until_ns = d->now_ns + PATIENCE_NS };
    if (!hasher_submit(d->tools->hasher, &check->job))
        finish(&check->job.item); /* HASH_NOT_TRIED */
}

const struct op_type basic_auth_op = { NUMBER_BASIC_AUTH, "basicAuth", parse, fini, run, start };
