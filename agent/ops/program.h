/* Agent programs: what policy.json says, ready to run. A program set is immutable and shared by reference
 * count. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct program_set;
struct program;

/* Parses policy.json (see emit_policy: {"version":1,"programs":{ID:{"ops":[…]}}}). NULL with a message where
 * it is not one, or where it holds an op that this agent does not know (fail closed: nothing of it is used).
 * The set has one reference. */
struct program_set *program_set_parse(struct str json, char error[static 256]);

/* A program of a plan: its JSON is an element of "programs", and its id is made from a digest of it. */
struct program_source {
    struct str id, json;
    bool fresh; /* no plan that was served until now has it: its limits begin with full buckets, but for those
                 * that another program of such a plan has */
};

/* The set of these programs. What `previous` (NULL is allowed) has under the same id is taken over unread,
 * unless fresh, as it is the same program: a change among 100,000 programs costs what changed. NULL with a
 * message as above.
 */
struct program_set *program_set_build(const struct program_set *previous,
                                      const struct program_source *sources, size_t n, char error[static 256]);

struct program_set *program_set_hold(struct program_set *set);
void program_set_release(struct program_set *set); /* NULL is allowed */
size_t program_set_count(const struct program_set *set);

/* The program of that id, or NULL. */
const struct program *program_set_find(const struct program_set *set, struct str id);
