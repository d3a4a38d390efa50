#include "sys/files.h"

#include <sys/resource.h>

void files_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE,
              &limit); /* where that fails the old one holds, and is met one connection at a time */
}
