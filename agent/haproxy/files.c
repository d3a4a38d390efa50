#include "haproxy/applier.h"

#include "base/strmap.h"
#include "base/vec.h"

/* One kind of file in HAProxy's memory (reference/haproxy.md 2.5): the words of its commands. */
static const char *kind_of(const struct plan_file *file)
{
    return file->identity ? "cert" : "ca-file";
}

/* One command of the transaction; `payload` is PEM text, empty for none. `wanted` is what a good answer
 * holds. */
static enum apply_status transact(struct push *push, const char *verb, const struct plan_file *file,
                                  struct str payload, const char *wanted, struct buf *answer)
{
    struct buf command = { 0 };
    struct str name = push_word(push, arena_printf(push->arena, "%.*s/%.*s",
                                                   STR_ARG(push->applier->tls_folder), STR_ARG(file->name)));
    buf_printf(&command, "%s ssl %s %.*s", verb, kind_of(file), STR_ARG(name));
    if (payload.n) {
        buf_puts(&command, " <<\n");
        buf_put(&command, payload);
        buf_putc(&command, '\n');
    }
    buf_reset(answer);
    enum runtime_status status = runtime_call(&push->applier->runtime, buf_str(&command), answer);
    buf_fini(&command);
    push->applier->counts.commands++;
    if (status == RUNTIME_REFUSED)
        return push_differs(push, "%.*s is too long for the runtime socket", STR_ARG(file->name));
    if (status != RUNTIME_OK)
        return push_failed(push, status, "loading certificates");
    if (str_search(buf_str(answer), str_c(wanted)) == SIZE_MAX)
        return push_differs(push, "%s ssl %s %.*s: %.*s", verb, kind_of(file), STR_ARG(file->name),
                            STR_ARG(str_head(str_trim(buf_str(answer)), 120)));
    return APPLY_OK;
}

/* As many whole certificates as fit into one command. */
static struct str next_part(struct str *rest)
{
    const struct str end = STR("-----END CERTIFICATE-----\n");
    size_t n = 0;
    while (n < rest->n) {
        size_t at = str_search(str_from(*rest, n), end);
        size_t next = at == SIZE_MAX ? rest->n : n + at + end.n;
        if (n && next > RUNTIME_COMMAND_MAX - 1000)
            break;
        n = next;
    }
    struct str part = str_head(*rest, n);
    *rest = str_from(*rest, n);
    return part;
}

/* A certificate and its key go together; authorities may come in parts (HAProxy 2.7 and newer can add to a
 * file). */
static enum apply_status send_contents(struct push *push, const struct plan_file *file, struct buf *answer)
{
    struct str rest = file->bytes;
    const char *verb = "set";
    enum apply_status status = APPLY_OK;
    do {
        struct str part = file->identity ? rest : next_part(&rest);
        rest = file->identity ? str_from(rest, rest.n) : rest;
        status = transact(push, verb, file, part, "ransaction", answer);
        verb = "add";
    } while (status == APPLY_OK && rest.n);
    return status;
}

/* A name stands for its contents, so what is there already is right: unless it was left empty by a failure.
 */
enum apply_status file_load(struct push *push, const struct plan_file *file)
{
    struct buf answer = buf_make(1 << 16);
    enum apply_status status = transact(push, "new", file, (struct str){ 0 }, "", &answer);
    bool new = str_search(buf_str(&answer), STR("New ")) !=
               SIZE_MAX; /* "New empty certificate store", "New CA file created" */
    if (status == APPLY_OK && new)
        status = send_contents(push, file, &answer);
    if (status == APPLY_OK && new)
        status = transact(push, "commit", file, (struct str){ 0 }, "Success!", &answer);
    if (status == APPLY_DIFFERS) {
        char kept[256];
        memcpy(kept, push->error, sizeof kept);
        (void)transact(push, "abort", file, (struct str){ 0 }, "", &answer);
        (void)transact(push, "del", file, (struct str){ 0 }, "", &answer);
        memcpy(push->error, kept, sizeof kept);
    }
    buf_fini(&answer);
    return status;
}

enum apply_status files_load(struct push *push, const struct plan_server *const *servers, size_t n)
{
    struct strmap *done = strmap_create(push->arena, 8);
    enum apply_status status = APPLY_OK;
    for (size_t i = 0; i < n; i++) {
        const struct plan_file *const files[] = { servers[i]->authorities, servers[i]->identity };
        for (size_t f = 0; f < 2 && status == APPLY_OK; f++)
            if (files[f] && !strmap_put(done, files[f]->name, (void *)files[f]))
                status = file_load(push, files[f]);
    }
    return status;
}
