#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cmd/source.h"
#include "emit/emit.h"
#include "route/pem.h"

enum exit_code verb_check(const struct verb_call *call)
{
    struct source source;
    enum exit_code status = EXIT_UNABLE;
    if (source_read(call, "--from", &source)) {
        source_print_findings(call, &source);
        status = source_outcome(call, &source);
    }
    source_fini(&source);
    return status;
}

/* Private keys stay where they are: what `compile` writes may be looked at by anybody. */
static bool write_artifacts(struct arena *arena, const char *folder, const struct artifacts *artifacts)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/maps", folder);
    bool ok = file_make_folder(path);
    snprintf(path, sizeof path, "%s/" ARTIFACT_TLS, folder);
    ok = ok && file_make_folder(path);
    for (size_t i = 0; i < artifacts->n && ok; i++) {
        const struct artifact *artifact = &artifacts->p[i];
        int n = snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARG(artifact->name));
        ok = n > 0 && (size_t)n < sizeof path &&
             file_write(path, artifact->secret ? pem_certificates(arena, artifact->bytes) : artifact->bytes,
                        0644, false);
    }
    if (!ok)
        fprintf(stderr, "maitred compile: cannot write %s: %s\n", path, strerror(errno));
    return ok;
}

enum exit_code verb_compile(const struct verb_call *call)
{
    const char *out = verb_value(call, "--out");
    enum exit_code status = EXIT_UNABLE;
    struct source source = { 0 };
    if (!out) {
        fprintf(stderr, "maitred compile: --out DIR is needed\n");
    } else if (source_read(call, "--from", &source)) {
        /* Relative names: the artifacts are the same wherever they are made. */
        struct emit_paths paths = { STR("."), STR(".") };
        const struct plan *plan = plan_build(source.arena, source.model, NULL);
        struct artifacts artifacts = emit_all(source.arena, plan, &paths);
        source_print_findings(call, &source);
        if (write_artifacts(source.arena, out, &artifacts))
            status = source_outcome(call, &source);
    }
    source_fini(&source);
    return status;
}
