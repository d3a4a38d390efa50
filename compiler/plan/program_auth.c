#include "plan/program_auth.h"

void program_needs(struct program_need *need, enum agent_message message, bool patient)
{
    if (message > need->message)
        need->message = message;
    need->patient = need->patient || patient;
}

char program_letter(const struct program_need *need)
{
    if (need->body)
        return MESSAGE_LETTERS[MESSAGE_PATIENT_BODY];
    return MESSAGE_LETTERS[(need->patient ? MESSAGE_PATIENT : MESSAGE_LEAN) + need->message];
}

unsigned program_message(const struct plan_program *program)
{
    const char *at = strchr(MESSAGE_LETTERS, program->id.p[1]);
    return at ? 1u << (at - MESSAGE_LETTERS) : 0;
}

static void put_texts(struct buf *out, const char *name, const struct str *texts, size_t n)
{
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(out, ',');
        buf_put_json(out, texts[i]);
    }
    buf_putc(out, ']');
}

static void put_text(struct buf *out, const char *name, struct str text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, text);
}

/* bcrypt takes its time, and where many come at once others wait. */
static bool has_slow_hash(const struct model_auth *auth)
{
    for (size_t i = 0; i < auth->n_users; i++)
        if (str_starts(str_from(auth->users[i], str_find(auth->users[i], ':') + 1), STR("$2")))
            return true;
    return false;
}

static void put_password_auth(struct buf *out, const struct model_op *op, struct program_need *need)
{
    const struct model_auth *auth = op->auth;
    bool basic = op->kind == OP_BASIC_AUTH;
    buf_puts(out, basic ? "{\"op\":\"basicAuth\"" : "{\"op\":\"digestAuth\"");
    put_texts(out, "users", auth->users, auth->n_users);
    put_text(out, "realm", auth->realm);
    if (auth->header.n)
        put_text(out, "header", auth->header);
    if (auth->remove_header)
        buf_puts(out, ",\"remove\":true");
    buf_putc(out, '}');
    need->closed = true;
    program_needs(need, basic ? MESSAGE_AUTH : MESSAGE_FULL, basic && has_slow_hash(auth));
}

void program_put_auth(struct buf *out, const struct model_op *op, struct program_need *need)
{
    if (op->kind == OP_BASIC_AUTH || op->kind == OP_DIGEST_AUTH)
        put_password_auth(out, op, need);
}
