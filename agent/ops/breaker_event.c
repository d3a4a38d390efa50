#include "ops/breaker_event.h"

bool breaker_event_read(struct str line, struct breaker_event *out)
{
    int64_t numbers[4];
    while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\0'))
        line.n--;
    out->passed = str_cut(&line, ' ');
    for (size_t i = 0; i < 4; i++)
        if (!str_to_int64(str_cut(&line, ' '), &numbers[i]) || numbers[i] > INT32_MAX)
            return false;
    out->status = (int)numbers[0];
    out->latency_ns = 0;
    for (size_t i = 1; i < 4; i++)
        out->latency_ns += numbers[i] > 0 ? numbers[i] * 1000000 : 0;
    return !line.p && out->passed.n && out->status >= 100 && out->status <= 999;
}

bool breaker_event_next(struct str *passed, struct str *program, size_t *op)
{
    if (passed->n == 0)
        return false;
    struct str one = str_cut(passed, ';');
    size_t dot = str_find(one, '.');
    int64_t place;
    if (dot == one.n || !str_to_int64(str_from(one, dot + 1), &place) || place < 0)
        return false;
    *program = str_head(one, dot);
    *op = (size_t)place;
    return true;
}
