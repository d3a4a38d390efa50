/* The one place where text from a tree becomes part of something with syntax: configuration, map lines,
 * runtime commands. Everything here is total: any bytes in, harmless bytes out. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* A name of a proxy or server (HAProxy: A-Z a-z 0-9 . _ - and :). Other bytes, and ':' itself, become
 * ':' and two upper-case hexadecimal digits, so that different names stay different. */
void quote_name(struct buf *out, struct str s);

/* The other way: false where s is nothing that quote_name writes. */
bool unquote_name(struct buf *out, struct str s);

/* One word of a configuration line: in double quotes where needed, with HAProxy's escapes (Configuration
 * Manual 2.2); control bytes as \xHH. NUL cannot stand in a configuration: it is left out. */
void quote_word(struct buf *out, struct str s);

/* One word of a runtime command: backslash before space, ';', '\\', '#' and control bytes but line ends;
 * a line end cannot be escaped there: it is replaced by '?'. */
void quote_command(struct buf *out, struct str s);

/* A map's key, for files and payloads alike: no blanks, no control bytes, no '#' at the start. Bytes that
 * cannot stand there become '%' and two upper-case hexadecimal digits (path keys use the same form). */
void quote_map_key(struct buf *out, struct str s);

/* One field of a record in a map's value (fields are parted by ';'): ';', '%', '?', '"', '\\', blanks and
 * control bytes become '%' and two upper-case hexadecimal digits. */
void quote_field(struct buf *out, struct str s);

/* Part of a map's key that ends where '=', ':' or '/' stands: letters, digits and ._- stay, every other byte
 * becomes '%' and two upper-case hexadecimal digits. templates/maitred.lua writes the same of a request's
 * headers. */
void quote_label(struct buf *out, struct str s);
