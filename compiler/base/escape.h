/* Percent-encoding as Go's net/url has it. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

/* Whether a code, '%' and two hexadecimal digits, stands at s.p[at]; its byte. */
bool escape_is_code(struct str s, size_t at);
char escape_byte(struct str s, size_t at);

/* Whether some '%' is none; *code: what stands there, three bytes at most. */
bool escape_has_bad_code(struct str s, struct str *code);

/* All codes decoded; what is none stays. */
struct str escape_decode(struct arena *arena, struct str s);

/* Every byte as a code but unreserved ones (letters, digits, -._~) and those in `kept`. */
struct str escape_encode(struct arena *arena, struct str s, const char *kept);

bool escape_is_unreserved(char c);

/* Whether all bytes are unreserved or in `more`. */
bool escape_all_of(struct str s, const char *more);

/* What stays in paths, and what may stand in an encoded one (net/url validEncoded). */
#define ESCAPE_PATH_KEPT  "$&+,/:;=@"
#define ESCAPE_PATH_LEGAL "!$&'()*+,;=:@/%[]"

/* URL.JoinPath of a rooted path: without empty, "." and ".." segments; a slash at its end stays. */
struct str escape_clean_path(struct arena *arena, struct str path);
