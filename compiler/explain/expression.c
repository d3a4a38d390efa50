#include "explain/expression.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

bool expression_finds(struct str expression, struct str text)
{
    int error = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)expression.p, expression.n, PCRE2_NO_AUTO_CAPTURE, &error, &at, NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int found = code && data ? pcre2_match(code, (PCRE2_SPTR)text.p, text.n, 0, 0, data, NULL) : -1;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return found >= 0;
}
