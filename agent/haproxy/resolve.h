/* The address of a server, as HAProxy writes it. HAProxy never resolves the name of a server added at run
 * time. */
#pragma once

#include <netinet/in.h>

#include "base/str.h"

enum resolve_status {
    RESOLVE_OK,
    RESOLVE_EMPTY,  /* no host at all */
    RESOLVE_UNKNOWN /* a name that nobody knows at present */
};

/* `host` is an address (IPv6 without brackets) or a name; of several addresses the first IPv4 one, else the
 * first. Asks the system's resolver for a name, and waits for it. */
enum resolve_status resolve_host(struct str host, char address[static INET6_ADDRSTRLEN]);
