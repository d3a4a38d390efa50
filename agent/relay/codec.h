/* A compressor of one answer. */
#pragma once

#include "base/buf.h"
#include "relay/coding.h"

struct codec;

/* NULL where there is no memory for it. */
struct codec *codec_create(enum coding coding);
void codec_destroy(struct codec *codec); /* NULL is allowed */

enum codec_step { CODEC_GO_ON, CODEC_FLUSH, CODEC_END };

/* Compresses bytes, appends what comes out. false: it cannot. */
bool codec_put(struct codec *codec, struct str bytes, enum codec_step step, struct buf *out);
