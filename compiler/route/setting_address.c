#include <arpa/inet.h>

#include "route/setting_value.h"

/* The longest text of an address, with a zone. */
enum { ADDRESS_SIZE = INET6_ADDRSTRLEN + 32 };

/* AF_INET, AF_INET6, or 0. */
static int address_family(struct str s)
{
    char text[ADDRESS_SIZE];
    unsigned char bytes[sizeof(struct in6_addr)];
    if (s.n >= sizeof text || str_find(s, '\0') != s.n)
        return 0;
    if (s.n)
        memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(AF_INET, text, bytes) == 1    ? AF_INET
           : inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6
                                                   : 0;
}

bool setting_is_network(struct str s)
{
    struct str address = str_cut(&s, '/');
    int family = address_family(address);
    int64_t bits;
    if (family == 0 || !s.p)
        return family != 0;
    bool plain = s.n && ascii_is_digit(s.p[0]);
    return plain && str_to_int64(s, &bits) && bits <= (family == AF_INET ? 32 : 128);
}

static bool is_host(struct str host)
{
    for (size_t i = 0; i < host.n; i++) {
        char c = ascii_lower(host.p[i]);
        if (!((c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '.' || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static bool is_bracketed_host(struct str host)
{
    struct str zone = host, address = str_cut(&zone, '%');
    return address_family(address) == AF_INET6 && (!zone.p || (zone.n && is_host(zone)));
}

bool setting_parse_address(struct entry_point *entry_point)
{
    struct str rest = entry_point->address, address = str_cut(&rest, '/');
    if (rest.p && !str_eq_nocase(rest, STR("tcp")) && !str_eq_nocase(rest, STR("udp")))
        return false;
    entry_point->udp = str_eq_nocase(rest, STR("udp"));
    bool bracket = str_starts(address, STR("["));
    if (bracket)
        address = str_from(address, 1);
    struct str port = address, host = str_cut(&port, bracket ? ']' : ':');
    if (bracket && !str_starts(port, STR(":")))
        return false;
    port = bracket ? str_from(port, 1) : port;
    int64_t number;
    if (!port.n || !ascii_is_digit(port.p[0]) || !str_to_int64(port, &number) || number > 65535)
        return false;
    entry_point->host = host;
    entry_point->port = (int)number;
    return bracket ? is_bracketed_host(host) : is_host(host);
}
