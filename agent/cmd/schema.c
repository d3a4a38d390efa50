#include <stdio.h>

#include "cmd/cmd.h"
#include "route/schema.h"

enum exit_code verb_schema(const struct verb_call *call)
{
    const char *format = verb_value(call, "--format");
    enum schema_format as = !format || strcmp(format, "text") == 0 ? SCHEMA_AS_TEXT
                            : strcmp(format, "json") == 0          ? SCHEMA_AS_JSON
                                                                   : SCHEMA_AS_MARKDOWN;
    struct buf out = { 0 };
    schema_print(&out, as);
    fputs(out.p, stdout);
    buf_fini(&out);
    return EXIT_CLEAN;
}
