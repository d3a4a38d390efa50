#include "base/address.h"
#include "route/setting_value.h"

bool setting_is_network(struct str s)
{
    struct address_range range;
    return address_range_read(s, &range);
}

static bool is_host(struct str host)
{
    return str_is_of(host, ".-_");
}

static bool is_bracketed_host(struct str host)
{
    struct str zone = host, text = str_cut(&zone, '%');
    struct address address;
    return str_find(text, ':') < text.n && address_read(text, &address) &&
           (!zone.p || (zone.n && is_host(zone)));
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
