/* A cursor over JSON text (RFC 8259): nothing is built, nothing beyond the text is read, the first fault
 * sticks. Readers are straight-line code that asks once, at the end. A tree of json-c objects costs ten times
 * the processor time and eight times the memory of the text, for lists and lines of up to 64 MiB. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct etcd_json {
    const char *p, *end;
    bool first;  /* no member or element was read since the last bracket opened */
    bool failed; /* the cursor stands at the end then */
};

struct etcd_json etcd_json_over(struct str text);

/* Marks the text as bad, for what the grammar allows and the reader does not. Returns false. */
bool etcd_json_fail(struct etcd_json *json);

/* Steps into the object (array). false where there is `null`, which is skipped, or a fault. */
bool etcd_json_object(struct etcd_json *json);
bool etcd_json_array(struct etcd_json *json);

/* Steps to the next member (element), whose value must then be read or skipped. false, and stepped out, at
 * the end or at a fault. The key is as written: one with escapes equals none that etcd uses. */
bool etcd_json_member(struct etcd_json *json, struct str *key);
bool etcd_json_element(struct etcd_json *json);

/* Values; zero or empty for `null` and at a fault. A string with escapes is decoded into the arena, any other
 * points into the text. Integers may stand in quotes, as etcd writes 64-bit ones. */
struct str etcd_json_string(struct etcd_json *json, struct arena *arena);
int64_t etcd_json_int64(struct etcd_json *json);
uint64_t etcd_json_uint64(struct etcd_json *json);
bool etcd_json_bool(struct etcd_json *json);
void etcd_json_skip(struct etcd_json *json);

/* Nothing but white space is left, and nothing failed. */
bool etcd_json_end(struct etcd_json *json);
