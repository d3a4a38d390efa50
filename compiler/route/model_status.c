#include "base/vec.h"
#include "route/model_build.h"

static bool read_number(struct str text, int *out)
{
    int64_t n;
    if (text.n == 0 || !str_to_int64(text, &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    *out = (int)n;
    return true;
}

/* "500", "500-504". What stands behind a second '-' does not count, as in Traefik (types.NewHTTPCodeRanges).
 */
bool model_read_statuses(struct build *b, const struct list_value *list, struct model_statuses *out)
{
    struct model_status_range *p = ARENA_ARRAY(b->arena, struct model_status_range, list->n);
    for (size_t i = 0; i < list->n; i++) {
        struct str rest = list->v[i], from = str_cut(&rest, '-'), to = rest.p ? str_cut(&rest, '-') : from;
        if (!read_number(from, &p[i].from) || !read_number(to, &p[i].to)) {
            report_text(b, FINDING_BAD_VALUE, list->key, list->v[i], "500, or 500-504",
                        "not a status, nor a range of statuses");
            return false;
        }
    }
    *out = (struct model_statuses){ p, list->n };
    return true;
}
