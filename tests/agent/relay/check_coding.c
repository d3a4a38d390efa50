#include "relay/coding.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "relay/codec.h"
#include "suite.h"

static struct directive directive_of(struct arena *arena, const char *text)
{
    struct directives read;
    ck_assert_msg(directives_read(arena, str_c(text), &read), "%s", text);
    return read.p[0];
}

/* Which coding is chosen: its name, "plain" where gzip is chosen and not done, or "". */
static const struct {
    const char *directive, *accept, *want;
} choices[] = {
    { "compress?1024??gzip,br,zstd?but;", "gzip", "gzip" },
    { "compress?1024??gzip,br,zstd?but;", "br, gzip", "gzip" },
    { "compress?1024??zstd,br,gzip?but;", "br, gzip, zstd", "zstd" },
    { "compress?1024??gzip,br,zstd?but;", "gzip;q=0.5, br;q=0.7", "br" },
    { "compress?1024??gzip,br,zstd?but;", "br;q=0, gzip;q=0.001", "gzip" },
    { "compress?1024??gzip,br,zstd?but;", "br; q=0.1", "br" },
    { "compress?1024??gzip,br,zstd?but;", "br;x=1;q=0", "br" },
    { "compress?1024??gzip,br,zstd?but;", "br;q=x", "" },
    { "compress?1024??gzip,br,zstd?but;", "BR", "" },
    { "compress?1024??gzip,br,zstd?but;", "deflate", "" },
    { "compress?1024??gzip,br,zstd?but;", "", "" },
    { "compress?1024??gzip,br,zstd?but;", NULL, "" },
    { "compress?1024??gzip,br,zstd?but;", "identity, br;q=0.9", "" },
    { "compress?1024??gzip,br,zstd?but;", "identity;q=0.5, br;q=0.9", "br" },
    { "compress?1024??gzip,br,zstd?but;", "*", "plain" },
    { "compress?1024??gzip,br,zstd?but;", "*, gzip;q=0.1", "gzip" },
    { "compress?1024??br,gzip?but;", "*", "br" },
    { "compress?1024?zstd?br,zstd?but;", "*;q=0.1", "zstd" },
    { "compress?1024?br?gzip,br?but;", NULL, "br" },
    { "compress?1024?gzip?gzip,br?but;", NULL, "plain" },
    { "compress?1024??gzip?but;", "br, zstd", "" },
};

START_TEST(clients_get_what_they_like_best)
{
    struct arena *arena = arena_create();
    struct directive d = directive_of(arena, choices[_i].directive);
    struct heading request = { 0 };
    bool idle;
    if (choices[_i].accept)
        heading_add(&request, STR("accept-encoding"), str_c(choices[_i].accept));
    enum coding coding = coding_choose(&d, STR("GET"), &request, &idle);
    struct str got = idle ? STR("plain") : coding_name(coding);
    ck_assert_msg(str_eq(got, str_c(choices[_i].want)), "%s: %.*s, not %s", choices[_i].accept, STR_ARG(got),
                  choices[_i].want);
    ck_assert_int_eq(coding_choose(&d, STR("HEAD"), &request, &idle), CODING_NONE);
    heading_add(&request, STR("content-type"), STR("application/grpc; x=y"));
    ck_assert_int_eq(coding_choose(&d, STR("GET"), &request, &idle), CODING_NONE);
    heading_fini(&request);
    arena_destroy(arena);
}
END_TEST

/* What is compressed; `lines` are the answer's headers. */
static const struct {
    const char *directive, *name, *value;
    int64_t length;
    bool gzip, br;
} answers[] = {
    { "compress?1024??gzip?but;", "content-type", "text/plain", 1024, true, true },
    { "compress?1024??gzip?but;", "content-type", "text/plain", 1023, false, false },
    { "compress?1??br?but;", "content-type", "text/plain; a=b; c=\"d;\\\"\"; ", 1024, true, true },
    { "compress?1??br?but;", "content-type", "text", 1024, true, true },
    { "compress?1??br?but;", "content-type", "text plain", 1024, true, false },
    { "compress?1??br?but;", "content-type", "text/plain; a", 1024, true, false },
    { "compress?1??br?but;", "content-type", "text/plain; a=\"b", 1024, true, false },
    { "compress?1??br?but;", "content-type", "text/plain; a=\"b\"c", 1024, true, false },
    { "compress?1024??gzip?but;", "content-type", "text/plain", -1, true, true },
    { "compress?1024??gzip?but;", "content-type", "text/event-stream", 10, false, true },
    { "compress?1024??gzip?but;", "content-encoding", "x", 4000, false, false },
    { "compress?1024??gzip?but;", "content-range", "bytes 0-1/2", 4000, false, true },
    { "compress?1024??gzip?but;", "no-gzip-compression", "", 4000, false, true },
    { "compress?1024??gzip?but;", "content-type", "application/GRPC", 4000, false, false },
    { "compress?1024??gzip?but;", "content-type", "nonsense/", 4000, true, false },
    { "compress?1024??gzip?but?image/png;", "content-type", "image/png", 4000, false, false },
    { "compress?1024??gzip?but?image/png;", "x", "y", 4000, true, true },
    { "compress?1024??gzip?only?text/html;", "content-type", "text/HTML ; charset=x", 4000, true, true },
    { "compress?1024??gzip?only?text/html;", "content-type", "text/css", 4000, false, false },
    { "compress?1024??gzip?only?text/html;", "x", "y", 4000, true, true },
    { "compress?1024??gzip?only?text/css;", "x", "y", 4000, false, true },
};

START_TEST(answers_are_compressed_or_not)
{
    struct arena *arena = arena_create();
    struct directive d = directive_of(arena, answers[_i].directive);
    struct heading answer = { 0 };
    struct str first = STR(" <!doctype html><p>x");
    heading_add(&answer, str_c(answers[_i].name), str_c(answers[_i].value));
    ck_assert_int_eq(coding_applies(&d, CODING_GZIP, &answer, answers[_i].length, first), answers[_i].gzip);
    ck_assert_int_eq(coding_applies(&d, CODING_BROTLI, &answer, answers[_i].length, first), answers[_i].br);
    heading_fini(&answer);
    arena_destroy(arena);
}
END_TEST

static size_t unpack(enum coding coding, struct str from, char *to, size_t n)
{
    if (coding == CODING_ZSTD) {
        ZSTD_DCtx *zstd = ZSTD_createDCtx();
        ZSTD_inBuffer in = { from.p, from.n, 0 };
        ZSTD_outBuffer out = { to, n, 0 };
        while (in.pos < in.size && !ZSTD_isError(ZSTD_decompressStream(zstd, &out, &in)))
            ;
        ZSTD_freeDCtx(zstd);
        return out.pos;
    }
    if (coding == CODING_BROTLI)
        return BrotliDecoderDecompress(from.n, (const uint8_t *)from.p, &n, (uint8_t *)to) ==
                       BROTLI_DECODER_RESULT_SUCCESS
                   ? n
                   : 0;
    z_stream z = { .next_in = (unsigned char *)from.p, .avail_in = (unsigned)from.n };
    ck_assert_int_eq(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
    z.next_out = (unsigned char *)to;
    z.avail_out = (unsigned)n;
    int code = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return code == Z_STREAM_END ? n - z.avail_out : 0;
}

START_TEST(codecs_give_back_what_they_got)
{
    enum { PIECES = 40, PIECE = 10007, ALL = PIECES * PIECE };
    static char bytes[ALL], back[ALL + 1];
    enum coding coding = (enum coding)(CODING_GZIP + _i % 3);
    struct codec *codec = codec_create(coding);
    struct buf out = { 0 };
    for (size_t i = 0; i < ALL; i++)
        bytes[i] = (char)(_i < 3 ? random() : (long)i / 100);
    for (size_t i = 0; i < PIECES; i++) {
        size_t before = out.n;
        ck_assert(
            codec_put(codec, str_of(bytes + i * PIECE, PIECE), i % 2 ? CODEC_FLUSH : CODEC_GO_ON, &out));
        ck_assert(i % 2 == 0 || out.n > before);
    }
    ck_assert(codec_put(codec, STR(""), CODEC_END, &out));
    ck_assert_uint_eq(unpack(coding, buf_str(&out), back, sizeof back), ALL);
    ck_assert(memcmp(bytes, back, ALL) == 0);
    buf_fini(&out);
    codec_destroy(codec);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { clients_get_what_they_like_best, ROWS(choices) },
        { answers_are_compressed_or_not, ROWS(answers) },
        { codecs_give_back_what_they_got, 6 },
        { NULL, 0 },
    };
    return run_suite("coding", tests);
}
