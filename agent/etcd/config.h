/* The settings as the client uses them: checked, completed, and copied. */
#pragma once

#include "base/arena.h"
#include "etcd/settings.h"

struct etcd_config {
    const struct str *endpoints; /* "http://host:port", NUL behind each; at least one */
    size_t n_endpoints;
    struct str prefix, prefix_end; /* all keys k with prefix <= k < prefix_end */
    struct str username, password;
    struct str ca, cert, key; /* path (NUL behind it) or PEM text; may be empty */
    bool insecure_skip_verify;
};

/* false, with what is wrong and the remedy in error, where the settings cannot be used at all. */
bool etcd_config_read(struct arena *arena, const struct etcd_settings *settings, struct etcd_config *out,
                      char error[static 256]);

/* Whether TLS material is PEM text and no path. */
bool etcd_config_is_pem(struct str material);
