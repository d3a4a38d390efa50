/* URLs of servers, read as Go's net/url and HTTP client read them. */
#pragma once

#include "base/arena.h"

enum url_scheme { URL_HTTP, URL_HTTPS, URL_H2C, URL_OTHER };

struct url {
    enum url_scheme scheme;
    struct str host; /* in place; IPv6 without brackets; empty where `nowhere` is set */
    int port;        /* 80 or 443 where the URL has none; 0 where it has one that is outside 1 to 65535 */
    struct str authority; /* host[:port] in place, without user information */
    struct str path;      /* in place, escaped as it is */
    const char *nowhere;  /* why requests cannot be sent there (Traefik answers 500), NULL where they can */
};

/* Reads `text`; user information, path, query and fragment are checked and left out. Returns NULL, or what is
 * wrong with it: not a URL in Go's eyes, or a host that is neither an address nor a name of letters, digits,
 * '.', '-' and '_'. */
const char *url_parse(struct str text, struct url *out);

/* How much of the text is a scheme in front of a ':', 0 where there is none. */
size_t url_scheme_length(struct str text);

/* Whether a '%' in it is not followed by two hexadecimal digits. */
bool url_has_bad_escape(struct str text);

/* Whether the text may hold user information (a secret): it is not to be shown then. */
bool url_has_secret(struct str text);

/* The text for people: user information, of every URL in it, is "…". In `arena` where that changes it. */
struct str url_shown(struct arena *arena, struct str text);
