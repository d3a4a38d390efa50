/* c-ares on a libuv loop. */
#pragma once

#include <ares.h>
#include <uv.h>

#include "base/str.h"

struct channel;

/* `servers`: address or address:port ("[::1]:53"); none: those of resolv.conf. NULL with a message. */
struct channel *channel_open(uv_loop_t *loop, const struct str *servers, size_t n, char error[static 512]);

/* Ends all questions (their callbacks are called); the loop must run once more. */
void channel_close(struct channel *channel);

ares_channel channel_ares(struct channel *channel);

/* To be called several times a second: questions whose time is over are asked again or end. */
void channel_turn(struct channel *channel);
