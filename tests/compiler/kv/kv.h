/* What the tests of this folder share: an arena and findings for each test, and snapshots as text. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "kv/reader.h"

struct kv_test {
    struct arena *arena;
    struct diag *diag;
    struct kv_snapshot snapshot;
};

static inline void kv_test_init(struct kv_test *t)
{
    *t = (struct kv_test){ .arena = arena_create() };
    t->diag = diag_create(t->arena, 0);
}

static inline void kv_test_fini(struct kv_test *t)
{
    arena_destroy(t->arena);
}

/* "key=value" lines, bytes below a blank as \n or \xHH. */
static inline const char *kv_test_show(struct kv_test *t)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < t->snapshot.n; i++) {
        struct str parts[] = { t->snapshot.pairs[i].key, t->snapshot.pairs[i].value };
        for (size_t j = 0; j < 2; j++) {
            for (size_t k = 0; k < parts[j].n; k++) {
                unsigned char c = (unsigned char)parts[j].p[k];
                if (c < 0x20)
                    buf_printf(&out, c == '\n' ? "\\n" : "\\x%02x", c);
                else
                    buf_putc(&out, (char)c);
            }
            buf_putc(&out, j ? '\n' : '=');
        }
    }
    const char *text = arena_copy(t->arena, buf_str(&out)).p;
    buf_fini(&out);
    return text;
}

/* Reads an exact copy, so that a sanitizer sees any byte too far, and releases it: pairs must not need it. */
static inline bool kv_test_read(struct kv_test *t, struct str bytes, enum kv_format format, const char *name)
{
    char *copy = xmalloc(bytes.n);
    if (bytes.n)
        memcpy(copy, bytes.p, bytes.n);
    bool good =
        kv_read(t->arena, str_of(copy, bytes.n), format, str_c(name), STR("traefik"), &t->snapshot, t->diag);
    memset(copy, '!', bytes.n);
    free(copy);
    return good;
}

/* All findings as they are printed, without colours and the count. */
static inline const char *kv_test_findings(struct kv_test *t)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < diag_total(t->diag); i++)
        finding_print(&out, diag_get(t->diag, i), false);
    const char *text = arena_copy(t->arena, buf_str(&out)).p;
    buf_fini(&out);
    return text;
}

static inline int kv_test_run(SRunner *runner)
{
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
