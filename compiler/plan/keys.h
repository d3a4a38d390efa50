/* The keys of routes.map, and the fields of its records.
 *
 * E is the index of an entry point (of its TLS side: plus their number); HOST is lower case, without port (its
 * last dot cut off where it has just one); PATH is the routing path (reference/traefik-routing.md 3.4) with
 * blanks and control bytes as #XX; keys of exact paths end in '?', those of prefixes do not. All are looked up
 * by map_beg with a line that ends in PATH?, so the longest key wins.
 *
 * First keys, of which a request finds one:
 *     HOST|E/PATH       rules of that host
 *     |E/PATH           rules of any host, where no key of the host was found
 * Further keys, which the first record asks for (enum rival); SCOPE is HOST|E/PATH, |E/PATH, or
 * *.REST|E/PATH for one label and then REST:
 *     *.REST|E/PATH     rules of wildcard hosts
 *     <METHOD/SCOPE     rules that need just this method
 *     >SCOPE            a group of regular expressions over address, host, method and path; also
 *     >>LABELS|E/PATH   … of hosts that end in these two or three labels,
 *     >^E^BEGINNING     … of hosts that begin so,
 *     >=E=              … of all hosts and paths
 *     @SCOPE, @=E=      a table of what the request must have: a header (name=value, or name: for any value)
 *                       or query parameter (?key=value, ?key:); nothing at all for regular expressions that
 *                       need headers or the query
 *     $E$NAME?          of TLS handshakes with that name (or *.REST): ".;;OPTIONS;DOOR;CLIENT;ALPN". DOOR is a
 *                       number, or "close"; CLIENT is "c" where a certificate of the client is demanded; ALPN
 *                       are the protocols
 *     {NAME             the router, for those that are found in one of these ways
 *     }NAME             how a backend is chosen (choice.h): here, so that one transaction changes both
 *     }?                no part of a plan: a number that changes with each version of the map in which several
 *                       entries change
 */
#pragma once

#define PLAN_VERSION_KEY "}?"

/* Fields of a record are parted by ';' and quoted by quote_field; those at the end that are empty are not
 * written. RECORD_FLAGS is '+' where RECORD_MORE holds rivals, then "." (nothing to do but to use the backend)
 * or of these letters:
 *     s  cut the path natively
 *     S  cut it by Lua (the prefix needs decoding)
 *     e  the key is an exact path: what the cut leaves of it is RESULT
 *     g  ask the agent
 *     p  run the native program OPS; q: behind the agent
 *     n  try the lane LANE before OPS, c: with the cut
 *     b  the backend is chosen for each request: BACKEND names how */
enum record_field {
    RECORD_FLAGS = 1,
    RECORD_BACKEND, /* a declared backend; with flag b, "}name"; empty: no router, only rivals or groups */
    RECORD_RANK,    /* of two records the one with the smaller text (strcmp) RANK;ROUTER wins */
    RECORD_ROUTER,  /* qualified name of the router */
    RECORD_PROGRAM, /* plan_program.id, or empty */
    RECORD_CUT,     /* FROM?TO: FROM is cut off the front of the path, TO put there; or empty */
    RECORD_RESULT,  /* with flag e: the path after the cut, as long as the request spells its path without
                         codes */
    RECORD_MORE, /* of first keys: letters of RIVAL_LETTERS; of further keys: the name of a group or table */
    RECORD_OPS,  /* with flag p or q: key of programs.map */
    RECORD_OPTIONS, /* of TLS: the name of the options that the connection must have */
    RECORD_LANE     /* with flag n: key of programs.map */
};

/* What may beat the router of a first record for some of its requests. */
enum rival {
    RIVAL_ANY,         /* |E/PATH */
    RIVAL_WILD,        /* *.REST|E/PATH */
    RIVAL_METHOD,      /* <METHOD/HOST|E/PATH */
    RIVAL_METHOD_ANY,  /* <METHOD/|E/PATH */
    RIVAL_METHOD_WILD, /* <METHOD/ *.REST|E/PATH */
    RIVAL_REGEX,       /* >HOST|E/PATH */
    RIVAL_REGEX_ANY,   /* >|E/PATH */
    RIVAL_REGEX_WILD,  /* >*.REST|E/PATH */
    RIVAL_REGEX_HOST,  /* >>LABELS|E/PATH, of three labels */
    RIVAL_REGEX_HOST2, /* …, of two */
    RIVAL_REGEX_BEGIN, /* >^E^BEGINNING */
    RIVAL_REGEX_ROOT,  /* >=E= */
    RIVAL_HEADER,      /* @SCOPE or @=E=, if the request has one of the headers */
    RIVAL_QUERY,       /* …, if it has a query */
    RIVAL_FULL,        /* …, in any case */
    RIVAL_COUNT
};
#define RIVAL_LETTERS "awmnoxyzhiprvqf"

/* The rank of a record without a router: worse than any. */
#define RANK_NOBODY "~"
