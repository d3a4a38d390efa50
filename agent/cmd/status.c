#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cmd/cmd.h"
#include "control/control_client.h"
#include "control/state_folder.h"

enum { PATIENCE_SECONDS = 10 };

/* Without a folder that answers: the only running daemon below the default folders, if there is exactly one.
 */
static bool ask_only_one(struct buf *tried, struct buf *reply)
{
    struct buf base = { 0 };
    state_folder_base(&base);
    DIR *folder = opendir(base.p);
    size_t answered = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char path[4096];
        struct buf one = { 0 };
        snprintf(path, sizeof path, "%s/%s", base.p, entry->d_name);
        if (entry->d_name[0] != '.' && control_ask(path, "status", PATIENCE_SECONDS, &one)) {
            buf_printf(tried, "\n  --state.dir=%s", path);
            if (answered++ == 0)
                buf_put(reply, buf_str(&one));
        }
        buf_fini(&one);
    }
    if (folder)
        closedir(folder);
    buf_fini(&base);
    return answered == 1;
}

static const char *text_at(struct json_object *root, const char *group, const char *name)
{
    struct json_object *value = root;
    if (group && !json_object_object_get_ex(root, group, &value))
        return "";
    if (!json_object_object_get_ex(value, name, &value))
        return "";
    return json_object_get_string(value);
}

/* Which revisions, and why not the newest. */
static void print_revision(struct json_object *s)
{
    struct json_object *revision = NULL, *held = NULL;
    printf("revision   seen %s, served %s", text_at(s, "revision", "seen"), text_at(s, "revision", "served"));
    json_object_object_get_ex(s, "revision", &revision);
    if (*text_at(s, "revision", "pinned"))
        printf(", pinned (`maitred unpin` ends that)");
    if (json_object_object_get_ex(revision, "held", &held))
        printf("; the guard holds %s, which removes %s of %s routers: `%s` serves it",
               text_at(held, NULL, "revision"), text_at(held, NULL, "removed"),
               text_at(held, NULL, "routers"), text_at(held, NULL, "remedy"));
    printf("\n");
}

/* How many new services come without a reload. */
static void print_room(struct json_object *s)
{
    bool adds = strcmp(text_at(s, "room", "atRunTime"), "true") == 0,
         is_short = strcmp(text_at(s, "room", "short"), "true") == 0;
    if (!json_object_object_get_ex(s, "room", NULL))
        return;
    if (adds)
        printf("room       for any number of new services: this HAProxy takes new backends while it runs\n");
    else
        printf("room       for %s new services (%s spare backends)%s\n", text_at(s, "room", "free"),
               text_at(s, "room", "spareBackends"),
               is_short ? "; a reload makes more, when nothing has changed for a moment" : "");
}

static void print_text(struct json_object *s)
{
    struct json_object *findings;
    printf("maitred %s, %s, up %s s\n", text_at(s, NULL, "version"),
           strcmp(text_at(s, NULL, "ready"), "true") == 0 ? "ready" : "NOT ready",
           text_at(s, NULL, "uptimeSeconds"));
    print_revision(s);
    printf("tree       %s routers (%s in error), %s services, %s keys\n", text_at(s, "tree", "routers"),
           text_at(s, "tree", "routersInError"), text_at(s, "tree", "services"), text_at(s, "tree", "keys"));
    if (json_object_object_get_ex(s, "etcd", &findings))
        printf("etcd       %s %s%s%s\n", text_at(s, "etcd", "state"), text_at(s, "etcd", "endpoint"),
               *text_at(s, "etcd", "error") ? ": " : "", text_at(s, "etcd", "error"));
    printf("haproxy    %s, worker %s, %s reloads%s%s%s, %s failed, %s restarts\n",
           text_at(s, "haproxy", "version"), text_at(s, "haproxy", "worker"),
           text_at(s, "haproxy", "reloads"), *text_at(s, "haproxy", "lastReload") ? " (last: " : "",
           text_at(s, "haproxy", "lastReload"), *text_at(s, "haproxy", "lastReload") ? ")" : "",
           text_at(s, "haproxy", "reloadsFailed"), text_at(s, "haproxy", "restarts"));
    printf("push       %s pushes, the last in %s us, %s repairs%s%s\n", text_at(s, "push", "count"),
           text_at(s, "push", "lastMicroseconds"), text_at(s, "push", "repairs"),
           *text_at(s, "push", "error") ? "; error: " : "", text_at(s, "push", "error"));
    print_room(s);
    printf("agent      %s programs, %s passed, %s delayed, %s refused, %s without verdict\n",
           text_at(s, "agent", "programs"), text_at(s, "agent", "passed"), text_at(s, "agent", "delayed"),
           text_at(s, "agent", "refused"), text_at(s, "agent", "passedWithoutVerdict"));
    if (!json_object_object_get_ex(s, "findings", &findings))
        return;
    for (size_t i = 0; i < json_object_array_length(findings); i++) {
        struct json_object *f = json_object_array_get_idx(findings, i);
        printf("%s[%s] %s: %s (since %s)\n", text_at(f, NULL, "severity"), text_at(f, NULL, "code"),
               text_at(f, NULL, "key"), text_at(f, NULL, "message"), text_at(f, NULL, "since"));
    }
}

static bool print_answer(const struct verb_call *call, const struct buf *reply)
{
    struct json_object *root = json_tokener_parse(reply->p);
    if (verb_value(call, "--json"))
        fputs(reply->p, stdout);
    else if (root)
        print_text(root);
    json_object_put(root);
    return root != NULL;
}

enum exit_code verb_status(const struct verb_call *call)
{
    struct arena *arena = arena_create();
    const struct settings *settings = cmd_settings(arena, call);
    struct buf name = { 0 }, tried = { 0 }, reply = { 0 };
    enum exit_code status = EXIT_UNABLE;
    bool answered = false;
    if (settings) {
        state_folder_name(settings, &name);
        answered = control_ask(name.p, "status", PATIENCE_SECONDS, &reply);
        if (!answered && settings->state.dir.n == 0)
            answered = ask_only_one(&tried, &reply);
    }
    if (answered && print_answer(call, &reply))
        status = EXIT_CLEAN;
    else if (answered)
        fprintf(stderr, "maitred status: the daemon did not answer\n");
    else if (tried.n)
        fprintf(stderr, "maitred status: several daemons run here, name one:%s\n", tried.p);
    else if (settings)
        fprintf(stderr,
                "maitred status: no daemon answers at %s/%s: is `maitred run` up? Give status the same "
                "flags, or its "
                "--state.dir\n",
                name.p, CONTROL_SOCKET);
    buf_fini(&name);
    buf_fini(&tried);
    buf_fini(&reply);
    arena_destroy(arena);
    return status;
}
