/* Verbs that order a running daemon: confirm, pin, unpin, rollback, verify. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "control/control_client.h"
#include "control/state_folder.h"

enum { PATIENCE_SECONDS = 60 }; /* etcd may be asked, and a whole state read */

/* The word that is no flag, taken out of the flags. */
static const char *take_word(struct verb_call *call)
{
    for (size_t i = 0; i < call->n_flags; i++)
        if (call->flags[i][0] != '-') {
            const char *word = call->flags[i];
            call->n_flags--;
            for (size_t j = i; j < call->n_flags; j++)
                call->flags[j] = call->flags[j + 1];
            return word;
        }
    return NULL;
}

static enum exit_code print_reply(const struct verb_call *call, const struct buf *reply)
{
    struct json_object *root = json_tokener_parse(reply->p), *text;
    enum exit_code status = EXIT_UNABLE;
    if (json_object_object_get_ex(root, "ok", &text)) {
        printf("%s\n", json_object_get_string(text));
        status = EXIT_CLEAN;
    } else if (json_object_object_get_ex(root, "error", &text)) {
        fprintf(stderr, "maitred %s: %s\n", call->verb->name, json_object_get_string(text));
        status = EXIT_FINDINGS;
    }
    json_object_put(root);
    return status;
}

static enum exit_code order(const struct verb_call *call, const char *command)
{
    struct arena *arena = arena_create();
    const struct settings *settings = cmd_settings(arena, call);
    struct buf name = { 0 }, reply = { 0 };
    enum exit_code status = EXIT_UNABLE;
    if (settings) {
        state_folder_name(settings, &name);
        if (control_ask(name.p, command, PATIENCE_SECONDS, &reply))
            status = print_reply(call, &reply);
        else
            fprintf(stderr,
                    "maitred %s: no daemon answers at %s/" CONTROL_SOCKET
                    ": is `maitred run` up? Give the same flags, or its "
                    "--state.dir\n",
                    call->verb->name, name.p);
    }
    buf_fini(&name);
    buf_fini(&reply);
    arena_destroy(arena);
    return status;
}

static enum exit_code order_revision(const struct verb_call *call, bool needed)
{
    struct verb_call own = *call;
    const char *word = take_word(&own);
    char command[64];
    int64_t revision = 0;
    bool good = word && str_to_int64(str_c(word), &revision) && revision > 0;
    if ((word || needed) && !good) {
        fprintf(stderr, "maitred %s: %s is needed: a number, as `maitred status` shows it\n",
                call->verb->name, needed ? "the revision" : "a revision, or nothing,");
        return EXIT_UNABLE;
    }
    if (word)
        snprintf(command, sizeof command, "%s %lld", call->verb->name, (long long)revision);
    else
        snprintf(command, sizeof command, "%s", call->verb->name);
    return order(&own, command);
}

enum exit_code verb_pin(const struct verb_call *call)
{
    return order_revision(call, true);
}

enum exit_code verb_rollback(const struct verb_call *call)
{
    return order_revision(call, false);
}

enum exit_code verb_unpin(const struct verb_call *call)
{
    return order(call, "unpin");
}

enum exit_code verb_confirm(const struct verb_call *call)
{
    return order(call, "confirm");
}

enum exit_code verb_verify(const struct verb_call *call)
{
    return order(call, "verify");
}
