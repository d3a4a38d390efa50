/* What the static flags say of the store, for etcd's client. */
#pragma once

#include "etcd/settings.h"
#include "route/settings.h"

/* The strings stay the settings'. */
struct etcd_settings store_settings(const struct settings *settings);
