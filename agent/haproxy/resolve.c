#include "haproxy/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

enum { NAME_MAX_LENGTH = 253 }; /* RFC 1035 */

static bool print_address(int family, const void *raw, char address[static INET6_ADDRSTRLEN])
{
    return inet_ntop(family, raw, address, INET6_ADDRSTRLEN) != NULL;
}

static bool print_found(const struct addrinfo *found, char address[static INET6_ADDRSTRLEN])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (found->ai_family == AF_INET && found->ai_addrlen >= sizeof v4) {
        memcpy(&v4, found->ai_addr, sizeof v4);
        return print_address(AF_INET, &v4.sin_addr, address);
    }
    if (found->ai_family == AF_INET6 && found->ai_addrlen >= sizeof v6) {
        memcpy(&v6, found->ai_addr, sizeof v6);
        return print_address(AF_INET6, &v6.sin6_addr, address);
    }
    return false;
}

static bool ask_resolver(const char *name, char address[static INET6_ADDRSTRLEN])
{
    struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *all = NULL;
    if (getaddrinfo(name, NULL, &wanted, &all) != 0)
        return false;
    const struct addrinfo *best = all;
    for (const struct addrinfo *a = all; a; a = a->ai_next)
        if (a->ai_family == AF_INET) {
            best = a;
            break;
        }
    bool ok = best && print_found(best, address);
    freeaddrinfo(all);
    return ok;
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
    return ask_resolver(name, address) ? RESOLVE_OK : RESOLVE_UNKNOWN;
}
