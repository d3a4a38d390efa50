#include "relay/codec.h"

#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/arena.h"

/* Traefik's libraries take these levels. */
enum { GZIP_LEVEL = 6, BROTLI_LEVEL = 6, ZSTD_LEVEL = 3, PIECE = 16 << 10 };

struct codec {
    enum coding coding;
    z_stream gzip;
    BrotliEncoderState *brotli;
    ZSTD_CCtx *zstd;
};

struct codec *codec_create(enum coding coding)
{
    const int with_gzip_header = 16;
    struct codec *codec = xmalloc(sizeof *codec);
    *codec = (struct codec){ .coding = coding };
    bool ok;
    if (coding == CODING_GZIP) {
        ok = deflateInit2(&codec->gzip, GZIP_LEVEL, Z_DEFLATED, MAX_WBITS + with_gzip_header,
                          MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY) == Z_OK;
    } else if (coding == CODING_BROTLI) {
        codec->brotli = BrotliEncoderCreateInstance(NULL, NULL, NULL);
        ok = codec->brotli && BrotliEncoderSetParameter(codec->brotli, BROTLI_PARAM_QUALITY, BROTLI_LEVEL);
    } else {
        codec->zstd = ZSTD_createCCtx();
        ok = codec->zstd &&
             !ZSTD_isError(ZSTD_CCtx_setParameter(codec->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL));
    }
    if (ok)
        return codec;
    codec_destroy(codec);
    return NULL;
}

void codec_destroy(struct codec *codec)
{
    if (!codec)
        return;
    if (codec->coding == CODING_GZIP)
        deflateEnd(&codec->gzip);
    if (codec->brotli)
        BrotliEncoderDestroyInstance(codec->brotli);
    ZSTD_freeCCtx(codec->zstd);
    free(codec);
}

static bool put_gzip(struct codec *codec, struct str bytes, enum codec_step step, struct buf *out)
{
    static const int flushes[] = { Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH };
    z_stream *z = &codec->gzip;
    z->next_in = (unsigned char *)bytes.p;
    z->avail_in = (unsigned)bytes.n;
    do {
        z->next_out = (unsigned char *)buf_reserve(out, PIECE);
        z->avail_out = PIECE;
        int code = deflate(z, flushes[step]);
        if (code == Z_STREAM_ERROR)
            return false;
        out->n += PIECE - z->avail_out;
    } while (z->avail_out == 0);
    return true;
}

static bool put_brotli(struct codec *codec, struct str bytes, enum codec_step step, struct buf *out)
{
    static const BrotliEncoderOperation operations[] = { BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH,
                                                         BROTLI_OPERATION_FINISH };
    const uint8_t *in = (const uint8_t *)bytes.p;
    size_t left = bytes.n;
    do {
        size_t room = PIECE;
        uint8_t *to = (uint8_t *)buf_reserve(out, PIECE);
        if (!BrotliEncoderCompressStream(codec->brotli, operations[step], &left, &in, &room, &to, NULL))
            return false;
        out->n += PIECE - room;
    } while (left || BrotliEncoderHasMoreOutput(codec->brotli));
    return true;
}

static bool put_zstd(struct codec *codec, struct str bytes, enum codec_step step, struct buf *out)
{
    static const ZSTD_EndDirective directives[] = { ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end };
    ZSTD_inBuffer in = { bytes.p, bytes.n, 0 };
    size_t left;
    do {
        ZSTD_outBuffer to = { buf_reserve(out, PIECE), PIECE, 0 };
        left = ZSTD_compressStream2(codec->zstd, &to, &in, directives[step]);
        if (ZSTD_isError(left))
            return false;
        out->n += to.pos;
    } while (step == CODEC_GO_ON ? in.pos < in.size : left > 0);
    return true;
}

bool codec_put(struct codec *codec, struct str bytes, enum codec_step step, struct buf *out)
{
    if (codec->coding == CODING_GZIP)
        return put_gzip(codec, bytes, step, out);
    return codec->coding == CODING_BROTLI ? put_brotli(codec, bytes, step, out)
                                          : put_zstd(codec, bytes, step, out);
}
