#include "spop/hello.h"

/* The next pair of a list; false at its end or where it is broken. */
static bool next_pair(struct cursor *c, struct str *name, struct value *value)
{
    if (cursor_done(c))
        return false;
    *name = cursor_string(c);
    *value = cursor_value(c);
    return !c->failed;
}

static bool is_number(const struct value *v)
{
    return v->type >= VALUE_INT32 && v->type <= VALUE_UINT64;
}

/* Whether a list such as "1.0, 2.0" has version 2. */
static bool has_version_2(struct str list)
{
    while (list.p)
        if (str_eq(str_trim(str_cut(&list, ',')), STR("2.0")))
            return true;
    return false;
}

enum spop_status hello_read(struct str payload, struct hello *out)
{
    struct cursor c = cursor_over(payload);
    struct str name, versions = { 0 };
    struct value value;
    uint64_t size = 0;
    bool has_size = false;
    *out = (struct hello){ 0 };
    while (next_pair(&c, &name, &value)) {
        if (str_eq(name, STR("supported-versions")) && value.type == VALUE_STRING) {
            versions = value.bytes;
        } else if (str_eq(name, STR("max-frame-size")) && is_number(&value)) {
            size = value.number;
            has_size = true;
        } else if (str_eq(name, STR("healthcheck")) && value.type == VALUE_BOOL) {
            out->health_check = value.number != 0;
        }
    }
    if (c.failed)
        return SPOP_INVALID;
    if (!versions.p)
        return SPOP_NO_VERSION;
    if (!has_size)
        return SPOP_NO_FRAME_SIZE;
    if (!has_version_2(versions))
        return SPOP_BAD_VERSION;
    if (size < FRAME_LEAST_MAX || size > UINT32_MAX)
        return SPOP_BAD_FRAME_SIZE;
    out->max_frame_size = (uint32_t)size;
    return SPOP_NORMAL;
}

void hello_write(struct writer *w, uint32_t max_frame_size, struct str capabilities)
{
    size_t start = frame_begin(w, FRAME_AGENT_HELLO, 0, 0);
    writer_string(w, STR("version"));
    writer_text(w, STR("2.0"));
    writer_string(w, STR("max-frame-size"));
    writer_value(w, &(struct value){ .type = VALUE_UINT32, .number = max_frame_size });
    writer_string(w, STR("capabilities"));
    writer_text(w, capabilities);
    frame_end(w, start);
}

void disconnect_write(struct writer *w, uint32_t status, struct str message)
{
    size_t start = frame_begin(w, FRAME_AGENT_DISCONNECT, 0, 0);
    writer_string(w, STR("status-code"));
    writer_value(w, &(struct value){ .type = VALUE_UINT32, .number = status });
    writer_string(w, STR("message"));
    writer_text(w, message);
    frame_end(w, start);
}

bool disconnect_read(struct str payload, uint64_t *status, struct str *message)
{
    struct cursor c = cursor_over(payload);
    struct str name;
    struct value value;
    *status = SPOP_NORMAL;
    *message = (struct str){ 0 };
    while (next_pair(&c, &name, &value)) {
        if (str_eq(name, STR("status-code")) && is_number(&value))
            *status = value.number;
        else if (str_eq(name, STR("message")) && value.type == VALUE_STRING)
            *message = value.bytes;
    }
    return !c.failed;
}
