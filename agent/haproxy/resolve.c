#include "haproxy/resolve.h"

#include <arpa/inet.h>
#include <sys/socket.h>

enum { NAME_MAX_LENGTH = 253 }; /* RFC 1035 */

static bool print_address(int family, const void *raw, char address[static INET6_ADDRSTRLEN])
{
    return inet_ntop(family, raw, address, INET6_ADDRSTRLEN) != NULL;
}

enum resolve_status resolve_host(struct str host, char address[static INET6_ADDRSTRLEN])
{
    char name[NAME_MAX_LENGTH + 2];
    unsigned char raw[sizeof(struct in6_addr)];
    if (host.n == 0)
        return RESOLVE_EMPTY;
    if (host.n >= sizeof name || memchr(host.p, '\0', host.n))
        return RESOLVE_UNKNOWN;
    memcpy(name, host.p, host.n);
    name[host.n] = '\0';
    for (int i = 0; i < 2; i++) {
        int family = i ? AF_INET6 : AF_INET;
        if (inet_pton(family, name, raw) == 1)
            return print_address(family, raw, address) ? RESOLVE_OK : RESOLVE_UNKNOWN;
    }
    return RESOLVE_UNKNOWN;
}
