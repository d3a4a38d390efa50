#include "relay/heading_reader.h"

enum { MOST = 512 << 10 }; /* bytes; HAProxy's limit is far below */

void heading_reader_fini(struct heading_reader *r)
{
    buf_fini(&r->name);
    buf_fini(&r->value);
}

void heading_reader_start(struct heading_reader *r, struct heading *to)
{
    r->to = to;
    r->in_value = false;
    buf_reset(&r->name);
    buf_reset(&r->value);
}

bool heading_reader_end(struct heading_reader *r)
{
    if (r->in_value)
        heading_add(r->to, buf_str(&r->name), str_trim(buf_str(&r->value)));
    heading_reader_start(r, r->to);
    return r->to->text.n <= MOST;
}

bool heading_reader_name(struct heading_reader *r, struct str piece)
{
    if (r->in_value && !heading_reader_end(r))
        return false;
    buf_put(&r->name, piece);
    return r->name.n <= MOST;
}

bool heading_reader_value(struct heading_reader *r, struct str piece)
{
    r->in_value = true;
    buf_put(&r->value, piece);
    return r->value.n <= MOST;
}
