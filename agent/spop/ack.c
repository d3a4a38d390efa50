#include "spop/ack.h"

enum { ACTION_SET = 1 };

static void begin_set(struct writer *w, enum action_scope scope, struct str name)
{
    writer_u8(w, ACTION_SET);
    writer_u8(w, 3);
    writer_u8(w, (uint8_t)scope);
    writer_string(w, name);
}

void ack_set(struct writer *w, enum action_scope scope, struct str name, const struct value *value)
{
    begin_set(w, scope, name);
    writer_value(w, value);
}

static void set_text(struct writer *w, struct str name, struct str text)
{
    ack_set(w, SCOPE_TRANSACTION, name, &(struct value){ .type = VALUE_STRING, .bytes = text });
}

static void set_verdict(struct writer *w, struct str program, bool pass)
{
    struct str mark = pass ? STR("") : STR("no:");
    begin_set(w, SCOPE_TRANSACTION, STR("verdict"));
    writer_u8(w, VALUE_STRING);
    writer_varint(w, mark.n + program.n);
    writer_bytes(w, mark);
    writer_bytes(w, program);
}

static void set_header(struct writer *w, struct str name, struct str value)
{
    static const struct {
        struct str header, variable;
    } known[] = { { STR("Retry-After"), STR("h_retry") },
                  { STR("X-Retry-In"), STR("h_retryin") },
                  { STR("WWW-Authenticate"), STR("h_auth") } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(name, known[i].header))
            set_text(w, known[i].variable, value);
}

static void set_refusal(struct writer *w, const struct verdict *verdict)
{
    ack_set(w, SCOPE_TRANSACTION, STR("status"),
            &(struct value){ .type = VALUE_INT32, .number = (uint64_t)verdict->status });
    if (verdict->listed) {
        set_text(w, STR("h_list"), buf_str(&verdict->answer));
        set_text(w, STR("body"), buf_str(&verdict->content));
        return;
    }
    if (verdict->body)
        set_text(w, STR("body"), str_c(verdict->body));
    for (size_t i = 0; i < verdict->n_headers; i++)
        set_header(w, str_c(verdict->headers[i].name), verdict->headers[i].value);
}

/* The change that is the commonest has a variable of its own, and a rule without Lua. */
static void set_changes(struct writer *w, const struct verdict *verdict)
{
    if (str_eq(buf_str(&verdict->request), STR("-authorization\n")))
        ack_set(w, SCOPE_TRANSACTION, STR("drop_auth"), &(struct value){ .type = VALUE_BOOL, .number = 1 });
    else if (verdict->request.n)
        set_text(w, STR("request"), buf_str(&verdict->request));
    if (verdict->cookies.n)
        set_text(w, STR("cookies"), buf_str(&verdict->cookies));
}

void ack_write(struct writer *w, struct ack_of of, struct str program, const struct verdict *verdict)
{
    size_t start = frame_begin(w, FRAME_ACK, of.stream, of.id);
    set_verdict(w, program, verdict->pass);
    if (verdict->breakers.n)
        set_text(w, STR("breakers"), buf_str(&verdict->breakers));
    if (verdict->pass)
        set_changes(w, verdict);
    else
        set_refusal(w, verdict);
    frame_end(w, start);
}

void ack_write_short(struct writer *w, struct ack_of of, struct str program, const struct verdict *verdict)
{
    size_t start = frame_begin(w, FRAME_ACK, of.stream, of.id);
    set_verdict(w, program, verdict->pass && verdict->request.n == 0 && verdict->cookies.n == 0);
    frame_end(w, start);
}

size_t ack_room(const struct verdict *verdict)
{
    enum { AROUND = 512 }; /* frame, program, names of the variables */
    size_t room = AROUND + verdict->breakers.n + verdict->request.n + verdict->cookies.n + verdict->answer.n +
                  verdict->content.n + (verdict->body ? strlen(verdict->body) : 0);
    for (size_t i = 0; i < verdict->n_headers; i++)
        room += verdict->headers[i].value.n;
    return room;
}

void ack_write_unknown(struct writer *w, struct ack_of of)
{
    size_t start = frame_begin(w, FRAME_ACK, of.stream, of.id);
    set_text(w, STR("verdict"), STR("unknown"));
    frame_end(w, start);
}
