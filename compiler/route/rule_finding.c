#include "route/rule_finding.h"

/* Findings are kept by the thousand: rules of 64 kB are not. */
enum { SHOWN_BYTES = 4096, SHOWN_BEFORE = SHOWN_BYTES / 2 };

struct finding rule_finding(enum finding_code code, struct str key, struct str text, size_t at, size_t length)
{
    size_t from = text.n > SHOWN_BYTES && at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
    struct finding f = { .code = code, .key = key };
    f.text = str_head(str_from(text, from), SHOWN_BYTES);
    f.at = at - from;
    f.length = length < f.text.n - f.at ? length : f.text.n - f.at;
    return f;
}
