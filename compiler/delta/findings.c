#include "delta/work.h"

/* The findings of the side before, one by one out of those of the plan before; then those of the side after.
 */
bool work_change_findings(struct work *work)
{
    const struct diag *old = work->part.sides[BEFORE].diag, *new = work->part.sides[AFTER].diag,
                      *all = work->input->diag;
    size_t n_old = diag_total(old), n_new = diag_total(new), i = 0, gone = 0;
    bool equal = n_old == n_new;
    for (; i < n_old && equal; i++)
        equal = finding_compare(diag_get(old, i), diag_get(new, i)) == 0;
    work->out->diag = all;
    if (equal)
        return true;
    struct diag *diag = diag_create(work->out->arena, 0);
    bool *taken = ARENA_ARRAY(work->scratch, bool, n_old);
    for (i = 0; i < diag_total(all); i++) {
        const struct finding *f = diag_get(all, i);
        size_t at = 0;
        while (at < n_old && (taken[at] || finding_compare(diag_get(old, at), f) != 0))
            at++;
        if (at == n_old) {
            diag_add(diag, *f);
        } else {
            taken[at] = true;
            gone++;
        }
    }
    for (i = 0; i < n_new; i++)
        diag_add(diag, *diag_get(new, i));
    diag_sort(diag);
    work->out->diag = diag;
    return gone == n_old && diag_count(diag, SEVERITY_NOTE) == diag_total(diag);
}
