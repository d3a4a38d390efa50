/* Addresses and ranges of them ("10.0.0.0/8"), as rules have them. IPv6 that stands for IPv4 (RFC 4291 2.5.5.2) is IPv4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct address {
    size_t n; /* bytes: 4 or 16 */
    unsigned char bytes[16];
};

struct address_range {
    struct address address;
    size_t bits; /* that are fixed */
};

/* false where it is none. */
bool address_read(struct str text, struct address *out);

/* Whether a host looks like an IPv6 address without brackets: the form in which keys have it. */
bool address_looks_like_ipv6(struct str host);

/* An address, '/' and the number of bits; of IPv6 that stands for IPv4, 96 of them do not count. */
bool address_range_read(struct str text, struct address_range *out);

/* An IPv4 address becomes the IPv6 one that stands for it; others stay. */
void address_widen(struct address *address);

bool address_is_in(const struct address *address, const struct address_range *range);
