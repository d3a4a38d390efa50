/* Short words for trees with a router r and middlewares. */
#pragma once

#include "model_case.h"

#define MW(name) "http/middlewares/" name "/"
#define USE(list)                                                                                            \
    "http/routers/r/rule = Path(`/`)\nhttp/routers/r/service = s\nhttp/routers/r/middlewares = " list "\n"
#define STRIP(name) MW(name) "stripprefix/prefixes = /" name "\n"
#define LIMIT(name) MW(name) "ratelimit/average = 10\n"

#define ROUTER "r@etcd 9 web,websecure s@etcd"
#define OUT    "out 1\n"
