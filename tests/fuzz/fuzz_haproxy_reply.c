/* Whatever HAProxy (or what sits in its place) answers: every reader over the same bytes. */
#include <stdint.h>

#include "haproxy/reply.h"
#include "haproxy/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str answer = str_of((const char *)data, size), text;
    struct reply_map map;
    struct reply_entry entry;
    struct reply_lookup lookup;
    struct reply_servers servers;
    struct reply_server server;
    struct haproxy_version version;
    struct runtime_info info;
    struct reply_proc proc;
    struct buf out = { 0 };
    int64_t number;
    bool flag;
    (void)reply_classify(answer);
    (void)reply_new_version(answer, &number);
    (void)reply_map_find(answer, STR("/s/maps/routes.map"), &map);
    for (struct str rest = answer; reply_entry_next(&rest, &entry, &flag);)
        ;
    (void)reply_lookup(answer, &lookup);
    if (reply_servers_open(answer, &servers))
        while (reply_servers_next(&servers, &server))
            ;
    (void)reply_version(answer, &version);
    (void)reply_info(answer, &info);
    (void)reply_proc(answer, &proc);
    (void)reply_reload(answer, &flag, &text);
    report_failure(answer, &out);
    buf_fini(&out);
    return 0;
}
