/* Addresses and ranges of them ("10.0.0.0/8"). IPv6 that stands for IPv4 (RFC 4291 2.5.5.2) is IPv4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { ADDRESS_TEXT = 46 }; /* the longest text and a NUL: INET6_ADDRSTRLEN */

struct address {
    size_t n; /* bytes: 4 or 16 */
    unsigned char bytes[16];
};

struct address_range {
    struct address address; /* its first; what is not fixed is 0 */
    size_t bits;            /* that are fixed */
};

/* false where it is none. */
bool address_read(struct str text, struct address *out);

/* The same; a zone behind an IPv6 address ("%eth0") is passed over (net/netip ParseAddr). */
bool address_read_zoned(struct str text, struct address *out);

/* An address, '/' and the number of bits (net.ParseCIDR; of IPv6 that stands for IPv4, 96 of them do not
 * count), or an address by itself. */
bool address_range_read(struct str text, struct address_range *out);

/* Whether a host looks like an IPv6 address without brackets: the form in which keys have it. */
bool address_looks_like_ipv6(struct str host);

/* An IPv4 address becomes the IPv6 one that stands for it; others stay. */
void address_widen(struct address *address);

/* The bits behind the first ones become 0. */
void address_mask(struct address *address, size_t bits);

bool address_is_in(const struct address *address, const struct address_range *range);

/* As text in `memory`, IPv4 in its own form; none (n 0) is empty. */
struct str address_text(const struct address *address, char memory[static ADDRESS_TEXT]);

/* The text of an IPv6 address by its network of so many bits, in `memory`; any other text as it is. */
struct str address_text_by_subnet(struct str text, size_t bits, char memory[static ADDRESS_TEXT]);
