/* Rules: text to tree, checks, normal form. */
#include <assert.h>

#include "route/rule.h"

static bool has_bad_call(const struct diag *diag)
{
    for (size_t i = 0; i < diag_total(diag); i++) {
        const struct finding *f = diag_get(diag, i);
        assert(f->at <= f->text.n && f->length <= f->text.n - f->at);
        if (f->code == FINDING_RULE_MATCHER)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct str text = { (const char *)data, size }, key = STR("traefik/http/routers/r/rule");
    const struct rule_node *rule = rule_parse(arena, text, key, diag);
    assert((rule == NULL) == (diag_total(diag) == 1));
    struct rule_dnf dnf;
    if (rule)
        rule_check(rule, text, key, diag);
    if (!has_bad_call(diag) && rule && rule_normalise(arena, rule, text, key, &dnf, diag))
        assert(dnf.n <= RULE_MAX_CONJUNCTS);
    struct buf out = { 0 };
    diag_print(&out, diag, true);
    diag_print_json(&out, diag);
    buf_fini(&out);
    arena_destroy(arena);
    return 0;
}
