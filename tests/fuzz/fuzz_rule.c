/* Rules: text to tree, checks, normal form. */
#include <assert.h>

#include "route/rule.h"

static void check_findings(const struct diag *diag)
{
    for (size_t i = 0; i < diag_total(diag); i++) {
        const struct finding *f = diag_get(diag, i);
        assert(f->at <= f->text.n && f->length <= f->text.n - f->at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct str text = { (const char *)data, size }, key = STR("traefik/http/routers/r/rule");
    const struct rule_node *rule = rule_parse(arena, text, key, diag);
    assert((rule == NULL) == (diag_total(diag) == 1));
    for (int syntax = RULE_V3; rule && syntax <= RULE_V2; syntax++) {
        struct rule_dnf dnf;
        const struct rule_node *checked =
            rule_check(arena, arena, rule, (enum rule_syntax)syntax, text, key, diag);
        assert(checked || diag_count(diag, SEVERITY_ERROR));
        if (checked && rule_normalise(arena, checked, text, key, &dnf, diag))
            assert(dnf.n <= RULE_MAX_CONJUNCTS);
    }
    check_findings(diag);
    struct buf out = { 0 };
    diag_print(&out, diag, true);
    diag_print_json(&out, diag);
    buf_fini(&out);
    arena_destroy(arena);
    return 0;
}
