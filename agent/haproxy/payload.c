#include "emit/emit.h"
#include "haproxy/applier.h"

/* Sends one payload; `text` is complete but for the empty line at its end. */
static enum apply_status send_payload(struct push *push, struct buf *text, struct buf *answer,
                                      const char *sending)
{
    buf_reset(answer);
    buf_putc(text, '\n');
    enum runtime_status status = runtime_call(&push->applier->runtime, buf_str(text), answer);
    push->applier->counts.commands++;
    if (status == RUNTIME_REFUSED)
        return push_differs(push, "%s: one of them is too long for the runtime socket", sending);
    if (status != RUNTIME_OK)
        return push_failed(push, status, sending);
    struct reply reply = reply_classify(buf_str(answer));
    if (reply.kind != REPLY_OK)
        return push_differs(push, "%s: %.*s", sending, STR_ARG(reply.text));
    return APPLY_OK;
}

/* In as few payloads as fit. */
enum apply_status push_entries(struct push *push, struct str command, const struct plan_entry *entries,
                               size_t n, const char *sending)
{
    struct buf text = { 0 }, answer = buf_make(1 << 20);
    enum apply_status status = APPLY_OK;
    for (size_t i = 0; i < n && status == APPLY_OK;) {
        buf_reset(&text);
        buf_put(&text, command);
        buf_putc(&text, '\n');
        size_t start = text.n, before = start;
        for (; i < n; i++, before = text.n) {
            emit_map_line(&text, &entries[i]);
            if (text.n >= RUNTIME_COMMAND_MAX && before > start) {
                text.n = before; /* opens the next payload */
                break;
            }
        }
        status = send_payload(push, &text, &answer, sending);
    }
    buf_fini(&text);
    buf_fini(&answer);
    return status;
}
