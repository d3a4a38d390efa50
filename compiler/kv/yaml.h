/* YAML 1.1, as libyaml reads it, to a tree. Internal to this folder. */
#pragma once

#include "kv/input.h"
#include "kv/node.h"

/* The one document of the input; NULL with a finding where it cannot be read. An empty input is a NODE_NULL.
 */
const struct node *yaml_read(const struct kv_input *in, struct budget *budget);
