/* etcdctl get --prefix -w json, and the same answer from etcd's gateway (which writes numbers as strings). */
#include "base/base64.h"
#include "kv/input.h"
#include "kv/json.h"

/* A member of bytes: base64 text, or null for none. */
static bool read_bytes(const struct kv_input *in, struct json *json, struct str *out)
{
    *out = STR("");
    if (json_peek(json) == JSON_NULL) {
        json_skip(json);
        return true;
    }
    struct str text = json_peek(json) == JSON_STRING ? json_text(json) : STR("?");
    return json->error || (text.n % 4 == 0 && base64_decode(in->arena, text, out)) ||
           input_fail(in, json->line, "a key or value is not base64 text");
}

static bool read_pair(const struct kv_input *in, struct json *json, struct pair_list *out)
{
    struct str key = STR(""), value = STR("");
    for (bool more = json_enter(json, '{'); more; more = json_more(json, '}')) {
        struct str name = json_name(json);
        bool good = true;
        if (str_eq(name, STR("key")))
            good = read_bytes(in, json, &key);
        else if (str_eq(name, STR("value")))
            good = read_bytes(in, json, &value);
        else
            json_skip(json);
        if (!good)
            return false;
    }
    if (json->error)
        return true;
    return key.n ? input_add(in, out, key, value) : input_fail(in, json->line, "a pair has no key");
}

static int64_t read_revision(struct json *json)
{
    int64_t revision = 0;
    for (bool more = json_enter(json, '{'); more; more = json_more(json, '}')) {
        if (str_eq(json_name(json), STR("revision")))
            str_to_int64(json_text(json), &revision);
        else
            json_skip(json);
    }
    return revision;
}

/* One member of the answer. false after a finding; what is wrong in the JSON itself is left in *json. */
static bool read_member(const struct kv_input *in, struct json *json, struct pair_list *out,
                        int64_t *revision, bool *is_answer)
{
    struct str name = json_name(json);
    bool header = str_eq(name, STR("header")), pairs = str_eq(name, STR("kvs"));
    *is_answer |= header || pairs;
    if (header) {
        *revision = read_revision(json);
    } else if (pairs && json_peek(json) != JSON_NULL) {
        for (bool more = json_enter(json, '['); more; more = json_more(json, ']'))
            if (!read_pair(in, json, out))
                return false;
    } else if (str_eq(name, STR("more"))) {
        if (str_eq(json_text(json), STR("true")))
            return input_fail(in, json->line, "the dump was cut off by a limit: etcd holds more keys");
    } else {
        json_skip(json);
    }
    return true;
}

bool kv_read_dump_json(const struct kv_input *in, struct pair_list *out, int64_t *revision)
{
    struct json json = json_open(in->arena, in->bytes);
    bool is_answer = false;
    for (bool more = json_enter(&json, '{'); more; more = json_more(&json, '}'))
        if (!read_member(in, &json, out, revision, &is_answer))
            return false;
    if (!json_end(&json))
        return input_fail(in, json.line, "%s", json.error);
    return is_answer || input_fail(in, 1, "it is no answer of etcd's: it has neither \"header\" nor \"kvs\"");
}
