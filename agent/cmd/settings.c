#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/cmd.h"

extern char **environ;

enum { LARGEST_CONFIG = 1 << 20 };

/* Where Traefik looks (reference: static configuration, sources), in its order. */
static bool find_config(const struct verb_call *call, struct buf *path)
{
    static const char *const endings[] = { "yaml", "yml", "json" };
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char config_home[4096] = "";
    if (xdg && *xdg)
        snprintf(config_home, sizeof config_home, "%s", xdg);
    else if (home && *home)
        snprintf(config_home, sizeof config_home, "%s/.config", home);
    struct str named = settings_config_file(call->flags, call->n_flags);
    if (named.n) {
        buf_put(path, named);
        if (access(path->p, R_OK) == 0)
            return true;
    }
    const char *const folders[] = { "/etc/traefik", config_home, "." };
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3 && folders[i][0]; j++) {
            buf_reset(path);
            buf_printf(path, "%s/traefik.%s", folders[i], endings[j]);
            if (access(path->p, R_OK) == 0)
                return true;
        }
    return false;
}

const struct settings *cmd_settings(struct arena *arena, const struct verb_call *call)
{
    struct diag *diag = diag_create(arena, 0);
    struct buf path = { 0 }, text = { 0 };
    struct settings_sources sources = { .flags = (const char *const *)call->flags,
                                        .n_flags = call->n_flags,
                                        .environment = (const char *const *)environ };
    const struct settings *settings = NULL;
    bool found = find_config(call, &path);
    if (found && !file_read(path.p, LARGEST_CONFIG, &text)) {
        diag_report(diag, FINDING_BAD_SOURCE, buf_str(&path), "cannot be read: %s", strerror(errno));
    } else {
        if (found) {
            sources.file = arena_copy(arena, buf_str(&text));
            sources.file_name = arena_copy(arena, buf_str(&path));
        }
        settings = settings_read(arena, &sources, diag);
    }
    cmd_print_findings(call, diag);
    buf_fini(&path);
    buf_fini(&text);
    return diag_count(diag, SEVERITY_ERROR) ? NULL : settings;
}
