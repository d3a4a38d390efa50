/* Names of servers, resolved while the daemon runs: HAProxy resolves none of those that are added at run
 * time, and its own start must not wait for a name server. c-ares on the daemon's loop: /etc/hosts, then the
 * name servers. Nothing here blocks.
 *
 * A name is asked for again when its TTL ends (at least a second, at most a minute). One that does not
 * resolve keeps the addresses that it had. Of both families IPv4 counts, else IPv6: most machines have no way
 * to the other one. */
#pragma once

#include <uv.h>

#include "plan/addresses.h"
#include "sys/log.h"

struct names;

struct names_options {
    const struct str *servers; /* address or address:port; none: those of resolv.conf */
    size_t n_servers;
    /* On the loop: an answer that differs from the one before, or a name that begins or ceases to fail. */
    void (*changed)(void *context);
    void *context;
};

/* NULL with a message where a name server's address is none. */
struct names *names_create(uv_loop_t *loop, const struct names_options *options, struct log *log,
                           char error[static 512]);

/* The loop must run once more. NULL is allowed. */
void names_close(struct names *names);

/* The address book of plan_set_addresses: names that are looked up in it are resolved from then on, as long
 * as they are looked up between two calls of names_turn. */
struct address_book names_book(struct names *names);

/* Forgets what was not looked up since the last call. */
void names_turn(struct names *names);

/* How many of the names have had neither an answer nor a failure yet, those given up left out. */
size_t names_open(const struct names *names);

/* Nobody waits any longer for those that are open now. */
void names_give_up(struct names *names);

struct names_counts {
    size_t watched, failing;
    uint64_t queries, failures, changes;
};

struct names_counts names_counts(const struct names *names);
