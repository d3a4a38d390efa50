#include "route/export.h"

#include <stdio.h>

#include "cmd/source.h"

enum exit_code verb_export(const struct verb_call *call)
{
    const char *from = verb_value(call, "--from"), *format = verb_value(call, "--format");
    struct source source;
    struct buf out = { 0 };
    enum exit_code status = EXIT_UNABLE;
    if (source_load(call, from ? from : "etcd", &source)) {
        size_t before = diag_count(source.diag, SEVERITY_ERROR);
        if (format && strcmp(format, "etcd") == 0)
            export_keys(&source.snapshot, &out);
        else
            export_file(source.arena, &source.snapshot, cmd_wants_json(call) ? EXPORT_JSON : EXPORT_YAML,
                        &out, source.diag);
        if (out.n)
            fwrite(out.p, 1, out.n, stdout);
        cmd_print_findings(call, source.diag);
        status = diag_count(source.diag, SEVERITY_ERROR) > before ? EXIT_FINDINGS : EXIT_CLEAN;
    }
    buf_fini(&out);
    source_fini(&source);
    return status;
}
