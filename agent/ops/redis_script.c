#include "ops/redis_script.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/hex.h"
#include "ops/bucket.h"
#include "ops/digest.h"

/* KEYS: the bucket. ARGV: tokens a microsecond, burst, life in seconds, now and the longest delay in
 * microseconds. A hash with "last" (microseconds) and "tokens"; a bucket that is not there is full. A refused
 * request gives its token back, but is a use. Who comes late, by another gateway's clock or on its way, moves
 * no time back: that would give tokens twice. */
static const char source[] =
    "local rate,burst,now=tonumber(ARGV[1]),tonumber(ARGV[2]),tonumber(ARGV[4])\n"
    "local last,tokens=unpack(redis.call('HMGET',KEYS[1],'last','tokens'))\n"
    "last=tonumber(last) tokens=tonumber(tokens)\n"
    "if not last or not tokens then last=now tokens=burst end\n"
    "tokens=math.min(tokens+rate*math.max(now-last,0),burst)-1\n"
    "local wait=0\n"
    "if tokens<0 then wait=-tokens/rate end\n"
    "if wait>tonumber(ARGV[5]) then tokens=math.min(tokens+1,burst) end\n"
    "redis.call('HSET',KEYS[1],'last',string.format('%.0f',math.max(last,now)),'tokens',tokens)\n"
    "redis.call('EXPIRE',KEYS[1],ARGV[3])\n"
    "return tostring(wait)\n";

static void put_command(struct buf *out, const struct str *words, size_t n)
{
    buf_printf(out, "*%zu\r\n", n);
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, "$%zu\r\n", words[i].n);
        buf_put(out, words[i]);
        buf_puts(out, "\r\n");
    }
}

int redis_put_greeting(struct buf *out, const struct redis_target *target)
{
    char db[24];
    int n = 0;
    if (target->username.n) {
        put_command(out, (const struct str[]){ STR("AUTH"), target->username, target->password }, 3);
        n++;
    } else if (target->password.n) {
        put_command(out, (const struct str[]){ STR("AUTH"), target->password }, 2);
        n++;
    }
    if (target->db > 0) {
        snprintf(db, sizeof db, "%" PRId64, target->db);
        put_command(out, (const struct str[]){ STR("SELECT"), str_c(db) }, 2);
        n++;
    }
    return n;
}

void redis_script_id(char out[static REDIS_SCRIPT_ID + 1])
{
    unsigned char bytes[SHA1_SIZE];
    struct digest sha1 = digest_open("SHA1");
    digest_add(&sha1, str_c(source));
    digest_end(&sha1, bytes);
    digest_close(&sha1);
    hex_write(out, bytes, REDIS_SCRIPT_ID);
}

void redis_put_take(struct buf *out, const struct redis_call *call, int64_t now_us, const char *script)
{
    char numbers[5][32];
    struct bucket_terms terms = bucket_terms(call->limit);
    double rate = (double)call->limit->average * 1e3 / (double)call->limit->period_ns;
    snprintf(numbers[0], sizeof numbers[0], "%.17g", rate);
    snprintf(numbers[1], sizeof numbers[1], "%" PRId64, call->limit->burst);
    snprintf(numbers[2], sizeof numbers[2], "%" PRId64, terms.ttl_s);
    snprintf(numbers[3], sizeof numbers[3], "%" PRId64, now_us);
    snprintf(numbers[4], sizeof numbers[4], "%" PRId64, terms.max_delay_ns / 1000);
    struct str words[9] = { script ? STR("EVALSHA") : STR("EVAL"), str_c(script ? script : source), STR("1"),
                            call->key };
    for (size_t i = 0; i < 5; i++)
        words[4 + i] = str_c(numbers[i]);
    put_command(out, words, 9);
}
