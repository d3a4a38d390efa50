/* The kinds of ops, for counters. */
#pragma once

enum op_number {
    NUMBER_RATE_LIMIT,
    NUMBER_BASIC_AUTH,
    NUMBER_DIGEST_AUTH,
    NUMBER_FORWARD_AUTH,
    NUMBER_STRIP_PREFIX,
    NUMBER_CIRCUIT_BREAKER,
    OP_NUMBERS
};

/* "rateLimit", as in policy.json. */
const char *op_number_name(enum op_number number);
