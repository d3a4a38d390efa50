/* How far we are in which store: what a list sets, a watch moves, and a probe compares. */
#pragma once

#include <stdint.h>

struct etcd_position {
    uint64_t cluster_id; /* 0: none known */
    int64_t revision;    /* everything up to it is handed over; 0: nothing was listed */
    int64_t pairs;       /* keys below the prefix at that revision */
};
