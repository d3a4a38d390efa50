/* Whatever HAProxy (or what sits in its place) answers: every reader over the same bytes. */
#include <assert.h>
#include <stdint.h>

#include "haproxy/reply.h"
#include "haproxy/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_certificates(struct str answer)
{
    struct str name;
    struct reply_line line;
    for (struct str rest = answer; reply_list_next(&rest, STR("/s/tls"), &name);)
        assert(name.n > 0 && str_find(name, '\n') == name.n);
    for (struct str rest = answer; reply_line_next(&rest, STR("/s/tls"), &line);)
        assert(line.file.n > 0 && str_find(line.file, ' ') == line.file.n &&
               str_find(line.names, '\n') == line.names.n);
    assert(reply_fingerprint(answer).n <= 40);
}

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
    for (struct str rest = answer; reply_backend_next(&rest, &text);)
        assert(text.n > 0 && text.p[0] != '#');
    (void)reply_table_count(answer, STR("open"));
    fuzz_certificates(answer);
    report_failure(answer, &out);
    buf_fini(&out);
    return 0;
}
