/* Puts a heading together from the pieces of names and values that http_parser tells. */
#pragma once

#include "relay/heading.h"

struct heading_reader {
    struct heading *to;
    struct buf name, value; /* of the line at hand */
    bool in_value;
};

void heading_reader_fini(struct heading_reader *reader);

/* Begins anew; lines go to `to`. */
void heading_reader_start(struct heading_reader *reader, struct heading *to);

/* The next piece of a name or a value; false: it is too long. */
bool heading_reader_name(struct heading_reader *reader, struct str piece);
bool heading_reader_value(struct heading_reader *reader, struct str piece);

/* The last line is whole, too, if there was one. false: the lines are too long. */
bool heading_reader_end(struct heading_reader *reader);
