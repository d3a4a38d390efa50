/* What HAProxy says of certificates and crt-lists (reference/entry-points.md 3). */
#include "haproxy/reply.h"

enum { FINGERPRINT_DIGITS = 40 };

/* "FOLDER/name": the name; else n == 0. */
static struct str below(struct str folder, struct str path)
{
    bool inside = str_starts(path, folder) && path.n > folder.n && path.p[folder.n] == '/';
    return inside ? str_from(path, folder.n + 1) : (struct str){ 0 };
}

bool reply_list_next(struct str *rest, struct str folder, struct str *name)
{
    *name = (struct str){ 0 };
    while (rest->n && name->n == 0)
        *name = below(folder, str_trim(str_cut(rest, '\n')));
    return name->n > 0;
}

/* "FILE:NUMBER [OPTIONS] NAMES". */
bool reply_line_next(struct str *rest, struct str folder, struct reply_line *out)
{
    *out = (struct reply_line){ 0 };
    while (rest->n && out->file.n == 0) {
        struct str names = str_cut(rest, '\n'), file = below(folder, str_cut(&names, ' '));
        size_t end = file.n, options = str_search(names, STR("] "));
        while (end > 0 && ascii_is_digit(file.p[end - 1]))
            end--;
        if (end > 1 && file.p[end - 1] == ':')
            *out = (struct reply_line){ str_head(file, end - 1),
                                        options == SIZE_MAX ? names : str_from(names, options + 2) };
    }
    return out->file.n > 0;
}

struct str reply_fingerprint(struct str answer)
{
    struct str mark = STR("SHA1 FingerPrint: ");
    size_t at = str_search(answer, mark);
    return at == SIZE_MAX ? (struct str){ 0 } : str_head(str_from(answer, at + mark.n), FINGERPRINT_DIGITS);
}
