/* Agent programs: what policy.json says, ready to run. A program set is immutable and shared by reference count. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct program_set;
struct program;

/* Parses policy.json (see emit_policy: {"version":1,"programs":{ID:{"ops":[…]}}}). NULL with a message where it is
 * not one, or where it holds an op that this agent does not know (fail closed: nothing of it is used). The
 * set has one reference. */
struct program_set *program_set_parse(struct str json, char error[static 256]);

struct program_set *program_set_hold(struct program_set *set);
void program_set_release(struct program_set *set); /* NULL is allowed */
size_t program_set_count(const struct program_set *set);

/* The program of that id, or NULL. */
const struct program *program_set_find(const struct program_set *set, struct str id);
