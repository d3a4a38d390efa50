#include "haproxy/process.h"
#include "haproxy/reply.h"

int64_t haproxy_agent_failures(const struct haproxy *haproxy)
{
    struct runtime runtime = { haproxy_runtime_path(haproxy), 1000 };
    struct buf answer = { 0 };
    bool told = runtime_call(&runtime, STR("show table agent-failures"), &answer) == RUNTIME_OK;
    int64_t count = told ? reply_table_count(buf_str(&answer), STR("open")) : -1;
    buf_fini(&answer);
    return count;
}
