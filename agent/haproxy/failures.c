#include "haproxy/process.h"
#include "haproxy/runtime.h"

/* "0x…: key=open use=0 exp=0 gpc0=3": the number behind `gpc0=` on the line of that key, 0 without such a line. */
static int64_t table_count(struct str table, struct str key)
{
    int64_t count = 0;
    while (table.p) {
        struct str line = str_cut(&table, '\n');
        size_t at = str_search(line, STR("gpc0="));
        if (at == SIZE_MAX || str_search(line, key) == SIZE_MAX)
            continue;
        line = str_from(line, at + 5);
        str_to_int64(str_cut(&line, ' '), &count);
    }
    return count;
}

int64_t haproxy_agent_failures(const struct haproxy *haproxy)
{
    struct runtime runtime = { haproxy_runtime_path(haproxy), 1000 };
    struct buf answer = { 0 };
    bool told = runtime_call(&runtime, STR("show table agent-failures"), &answer) == RUNTIME_OK;
    int64_t count = told ? table_count(buf_str(&answer), STR("key=open ")) : -1;
    buf_fini(&answer);
    return count;
}
