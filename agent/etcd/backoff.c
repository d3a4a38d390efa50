#include "etcd/backoff.h"

#include <sys/random.h>

#include "etcd/limits.h"

int64_t etcd_random_ns(int64_t most)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        return most / 2;
    return (int64_t)(random % (uint64_t)most);
}

int64_t etcd_backoff_next(struct etcd_backoff *backoff)
{
    int64_t most = ETCD_BACKOFF_MOST_MS * ETCD_MS;
    /* Beyond 2^8 the bound counts, and the shift must not overflow. */
    if (backoff->attempts < 8 && ETCD_BACKOFF_FIRST_MS * ETCD_MS << backoff->attempts < most)
        most = ETCD_BACKOFF_FIRST_MS * ETCD_MS << backoff->attempts;
    backoff->attempts++;
    return etcd_random_ns(most);
}
