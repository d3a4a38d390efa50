/* What HAProxy can take as one regular expression. */
#include "route/rule.h"

#include <stdio.h>

#include "route/rule_finding.h"

/* While HAProxy reads its configuration a line of a map has 16,383 bytes, whatever tune.bufsize says; a
 * command of the runtime socket about as many. PCRE2 compiles a pattern to 65,535 bytes. Either way there is
 * more in the line than these conditions. */
enum { LONGEST_TEXT = 14000, LARGEST_PATTERN = 60000, FRAME = 80, PER_BYTE = 4 };

struct fit {
    size_t text, pattern;
};

static struct fit literal_fit(const struct rule_literal *l, struct buf *scratch)
{
    struct fit fit = { .text = FRAME, .pattern = FRAME };
    for (size_t i = 0; i < l->n_args; i++) {
        fit.text += l->args[i].n * PER_BYTE;
        fit.pattern += l->args[i].n;
    }
    if (l->regex) {
        buf_reset(scratch);
        regex_put(scratch, l->regex, "");
        fit.text += scratch->n;
        fit.pattern += regex_size(l->regex);
    }
    return fit;
}

static struct fit conjunct_fit(const struct rule_conjunct *c, struct buf *scratch)
{
    struct fit sum = { 0 };
    for (size_t i = 0; i < c->n; i++) {
        struct fit one = literal_fit(&c->literals[i], scratch);
        sum.text += one.text;
        sum.pattern += one.pattern;
    }
    return sum;
}

/* A conjunct that keys decide is never a regular expression. */
static bool is_tried(const struct rule_conjunct *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->literals[i].regex || c->n > 3)
            return true;
    return false;
}

bool rule_fits(const struct rule_dnf *dnf, struct str text, struct str key, struct diag *diag)
{
    struct buf scratch = { 0 };
    bool fits = true;
    for (size_t i = 0; i < dnf->n && fits; i++) {
        if (!is_tried(&dnf->conjuncts[i]))
            continue;
        struct fit fit = conjunct_fit(&dnf->conjuncts[i], &scratch);
        fits = fit.text <= LONGEST_TEXT && fit.pattern <= LARGEST_PATTERN;
    }
    buf_fini(&scratch);
    if (fits)
        return true;
    struct finding f = rule_finding(FINDING_RULE_TOO_LARGE, key, text, 0, 0);
    f.message = STR("conditions that must hold together are too long for HAProxy as one regular expression");
    f.expected = STR("fewer or shorter ones; classes such as \\pL are long");
    diag_add(diag, f);
    return false;
}
