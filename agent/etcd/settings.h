/* What the etcd client needs to know; filled from the static settings by whoever starts it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct etcd_settings {
    const struct str *endpoints; /* "host:port" or "http(s)://host:port" */
    size_t n_endpoints;
    struct str root;               /* "traefik": the prefix watched is "traefik/" */
    struct str username, password; /* empty: no authentication */
    bool tls;                      /* https for endpoints without a scheme */
    struct str ca, cert, key;      /* path or PEM text */
    bool insecure_skip_verify;
};
