/* Addresses and ranges of them, as rules have them. */
#pragma once

#include "base/str.h"

/* How many bits of the address the range ("10.0.0.0/8") holds fixed, or -1 where the address is not in it. IPv6 that stands for
 * IPv4 counts as IPv4. */
int address_in_range(struct str address, struct str range);
