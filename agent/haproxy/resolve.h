/* The address of a server, as HAProxy writes it. Names are resolved long before (agent/names). */
#pragma once

#include <netinet/in.h>

#include "base/str.h"

enum resolve_status {
    RESOLVE_OK,
    RESOLVE_EMPTY,  /* no host at all */
    RESOLVE_UNKNOWN /* none, a name for example */
};

/* `host` is an address (IPv6 without brackets). */
enum resolve_status resolve_host(struct str host, char address[static INET6_ADDRSTRLEN]);
