#include "etcd/wire.h"

#include "base/base64.h"
#include "etcd/json.h"

struct str etcd_prefix_end(struct arena *arena, struct str prefix)
{
    while (prefix.n && (unsigned char)prefix.p[prefix.n - 1] == 0xff)
        prefix.n--;
    if (prefix.n == 0)
        return (struct str){ "\0", 1 };
    char *end = arena_alloc(arena, prefix.n + 1, 1);
    memcpy(end, prefix.p, prefix.n);
    end[prefix.n - 1] = (char)(end[prefix.n - 1] + 1);
    return str_of(end, prefix.n);
}

static void put_key_range(struct buf *out, struct str key, struct str end)
{
    buf_puts(out, "\"key\":\"");
    base64_put(out, key);
    buf_puts(out, "\",\"range_end\":\"");
    base64_put(out, end);
    buf_putc(out, '"');
}

void etcd_put_range_request(struct buf *out, const struct etcd_range_request *request)
{
    buf_putc(out, '{');
    put_key_range(out, request->key, request->end);
    if (request->limit)
        buf_printf(out, ",\"limit\":\"%lld\"", (long long)request->limit);
    if (request->revision)
        buf_printf(out, ",\"revision\":\"%lld\"", (long long)request->revision);
    if (request->count_only)
        buf_puts(out, ",\"count_only\":true");
    if (request->serializable)
        buf_puts(out, ",\"serializable\":true");
    buf_putc(out, '}');
}

void etcd_put_watch_request(struct buf *out, struct str key, struct str end, int64_t start)
{
    buf_puts(out, "{\"create_request\":{");
    put_key_range(out, key, end);
    buf_printf(out, ",\"start_revision\":\"%lld\",\"progress_notify\":true}}", (long long)start);
}

static void put_op(struct buf *out, const struct etcd_txn_op *op)
{
    if (op->end.n) {
        buf_puts(out, "{\"request_delete_range\":{");
        put_key_range(out, op->key, op->end);
        buf_puts(out, "}}");
        return;
    }
    buf_puts(out, "{\"request_put\":{\"key\":\"");
    base64_put(out, op->key);
    buf_puts(out, "\",\"value\":\"");
    base64_put(out, op->value);
    buf_puts(out, "\"}}");
}

void etcd_put_txn_request(struct buf *out, const struct etcd_txn_request *request)
{
    buf_putc(out, '{');
    if (request->unchanged_since) { /* a comparison over a range holds where it does for each key of it */
        buf_puts(out, "\"compare\":[{\"target\":\"MOD\",\"result\":\"LESS\",");
        put_key_range(out, request->key, request->end);
        buf_printf(out, ",\"mod_revision\":\"%lld\"}],", (long long)request->unchanged_since + 1);
    }
    buf_puts(out, "\"success\":[");
    for (size_t i = 0; i < request->n_ops; i++) {
        buf_puts(out, i ? "," : "");
        put_op(out, &request->ops[i]);
    }
    buf_puts(out, "]}");
}

void etcd_put_authenticate_request(struct buf *out, struct str name, struct str password)
{
    buf_puts(out, "{\"name\":");
    buf_put_json(out, name);
    buf_puts(out, ",\"password\":");
    buf_put_json(out, password);
    buf_putc(out, '}');
}

static struct str read_bytes(struct etcd_json *json, struct arena *arena)
{
    struct str bytes;
    if (!base64_decode(arena, etcd_json_string(json, arena), &bytes))
        etcd_json_fail(json);
    return bytes;
}

static void read_header(struct etcd_json *json, struct etcd_header *header)
{
    struct str key;
    *header = (struct etcd_header){ 0 };
    if (!etcd_json_object(json))
        return;
    while (etcd_json_member(json, &key)) {
        if (str_eq(key, STR("cluster_id")))
            header->cluster_id = etcd_json_uint64(json);
        else if (str_eq(key, STR("revision")))
            header->revision = etcd_json_int64(json);
        else
            etcd_json_skip(json);
    }
}

struct stored {
    struct kv_pair pair;
    int64_t create_revision, mod_revision;
};

/* A KeyValue. An empty value is left out by etcd, an empty key cannot be. */
static struct stored read_stored(struct etcd_json *json, struct arena *arena)
{
    struct stored kv = { .pair.value = STR("") };
    struct str key;
    if (!etcd_json_object(json)) {
        etcd_json_fail(json);
        return kv;
    }
    while (etcd_json_member(json, &key)) {
        if (str_eq(key, STR("key")))
            kv.pair.key = read_bytes(json, arena);
        else if (str_eq(key, STR("value")))
            kv.pair.value = read_bytes(json, arena);
        else if (str_eq(key, STR("create_revision")))
            kv.create_revision = etcd_json_int64(json);
        else if (str_eq(key, STR("mod_revision")))
            kv.mod_revision = etcd_json_int64(json);
        else
            etcd_json_skip(json);
    }
    if (kv.pair.key.n == 0 || kv.mod_revision <= 0)
        etcd_json_fail(json);
    return kv;
}

bool etcd_read_range(struct arena *arena, struct str text, struct etcd_range *range)
{
    struct etcd_json json = etcd_json_over(text);
    struct str key;
    range->header = (struct etcd_header){ 0 };
    range->count = 0;
    range->more = false;
    if (!etcd_json_object(&json))
        return false;
    while (etcd_json_member(&json, &key)) {
        if (str_eq(key, STR("header"))) {
            read_header(&json, &range->header);
        } else if (str_eq(key, STR("count"))) {
            range->count = etcd_json_int64(&json);
        } else if (str_eq(key, STR("more"))) {
            range->more = etcd_json_bool(&json);
        } else if (str_eq(key, STR("kvs"))) {
            if (etcd_json_array(&json))
                while (etcd_json_element(&json))
                    vec_push(&range->pairs, read_stored(&json, arena).pair);
        } else {
            etcd_json_skip(&json);
        }
    }
    return etcd_json_end(&json) && range->header.revision > 0;
}

bool etcd_read_txn(struct str text, struct etcd_txn *txn)
{
    struct etcd_json json = etcd_json_over(text);
    struct str key;
    *txn = (struct etcd_txn){ 0 };
    if (!etcd_json_object(&json))
        return false;
    while (etcd_json_member(&json, &key)) {
        if (str_eq(key, STR("header")))
            read_header(&json, &txn->header);
        else if (str_eq(key, STR("succeeded")))
            txn->succeeded = etcd_json_bool(&json);
        else
            etcd_json_skip(&json);
    }
    return etcd_json_end(&json) && txn->header.revision > 0;
}

void etcd_range_fini(struct etcd_range *range)
{
    vec_fini(&range->pairs);
}

static struct etcd_change read_change(struct etcd_json *json, struct arena *arena)
{
    struct stored kv = { 0 };
    bool deleted = false;
    struct str key;
    if (!etcd_json_object(json))
        etcd_json_fail(json);
    while (etcd_json_member(json, &key)) {
        if (str_eq(key, STR("kv"))) {
            kv = read_stored(json, arena);
        } else if (str_eq(key, STR("type"))) {
            struct str type = etcd_json_string(json, arena);
            deleted = str_eq(type, STR("DELETE"));
            if (!deleted && !str_eq(type, STR("PUT")))
                etcd_json_fail(json);
        } else {
            etcd_json_skip(json);
        }
    }
    if (kv.mod_revision <= 0)
        etcd_json_fail(json);
    return (struct etcd_change){
        .event = { deleted, kv.pair.key, deleted ? STR("") : kv.pair.value },
        .revision = kv.mod_revision,
        .created = !deleted && kv.create_revision == kv.mod_revision,
    };
}

/* A gRPC status in any of its shapes: {"error","message","code"}, {"code","message"}, {"grpc_code",…}. The
 * text is empty where there is none. */
static struct etcd_fault read_status(struct etcd_json *json, struct arena *arena)
{
    struct str key, message = { 0 }, error = { 0 };
    int64_t code = -1;
    if (!etcd_json_object(json))
        etcd_json_fail(json);
    while (etcd_json_member(json, &key)) {
        if (str_eq(key, STR("message")))
            message = etcd_json_string(json, arena);
        else if (str_eq(key, STR("error")))
            error = etcd_json_string(json, arena);
        else if (str_eq(key, STR("code")) || str_eq(key, STR("grpc_code")))
            code = etcd_json_int64(json);
        else
            etcd_json_skip(json);
    }
    return etcd_fault_of_answer(code >= 0 && code < 100 ? (int)code : -1, message.n ? message : error);
}

static void read_result(struct etcd_json *json, struct arena *arena, struct etcd_message *message)
{
    bool canceled = false;
    int64_t compacted = 0;
    struct str key, reason = { 0 };
    if (!etcd_json_object(json))
        etcd_json_fail(json);
    while (etcd_json_member(json, &key)) {
        if (str_eq(key, STR("header")))
            read_header(json, &message->header);
        else if (str_eq(key, STR("created")))
            message->created = etcd_json_bool(json);
        else if (str_eq(key, STR("canceled")))
            canceled = etcd_json_bool(json);
        else if (str_eq(key, STR("watch_id")))
            message->watch_id = etcd_json_int64(json);
        else if (str_eq(key, STR("compact_revision")))
            compacted = etcd_json_int64(json);
        else if (str_eq(key, STR("cancel_reason")))
            reason = etcd_json_string(json, arena);
        else if (!str_eq(key, STR("events")))
            etcd_json_skip(json);
        else if (etcd_json_array(json))
            while (etcd_json_element(json))
                vec_push(&message->changes, read_change(json, arena));
    }
    if (canceled && compacted > 0)
        message->fault =
            etcd_fault_make(ETCD_FAULT_COMPACTED, STR("the revisions we missed have been compacted"));
    else if (canceled)
        message->fault = etcd_fault_of_answer(-1, reason);
    if (message->fault.kind == ETCD_FAULT_REFUSED)
        message->fault.kind = ETCD_FAULT_CANCELED;
}

bool etcd_read_message(struct arena *arena, struct str line, struct etcd_message *message)
{
    struct etcd_json json = etcd_json_over(line);
    struct str key;
    bool known = false;
    message->header = (struct etcd_header){ 0 };
    message->created = false;
    message->watch_id = 0;
    message->fault = (struct etcd_fault){ 0 };
    message->changes.n = 0;
    if (!etcd_json_object(&json))
        return false;
    while (etcd_json_member(&json, &key)) {
        if (str_eq(key, STR("result"))) {
            read_result(&json, arena, message);
            known = true;
        } else if (str_eq(key, STR("error"))) {
            message->fault = read_status(&json, arena);
            known = true;
        } else {
            etcd_json_skip(&json);
        }
    }
    return etcd_json_end(&json) && known;
}

void etcd_message_fini(struct etcd_message *message)
{
    vec_fini(&message->changes);
}

bool etcd_read_token(struct arena *arena, struct str text, struct str *token)
{
    struct etcd_json json = etcd_json_over(text);
    struct str key;
    *token = (struct str){ 0 };
    if (!etcd_json_object(&json))
        return false;
    while (etcd_json_member(&json, &key)) {
        if (str_eq(key, STR("token")))
            *token = etcd_json_string(&json, arena);
        else
            etcd_json_skip(&json);
    }
    /* It becomes a header line: nothing that could end one. */
    for (size_t i = 0; i < token->n; i++)
        if ((unsigned char)token->p[i] <= 0x20 || (unsigned char)token->p[i] >= 0x7f)
            etcd_json_fail(&json);
    return etcd_json_end(&json) && token->n > 0;
}

struct etcd_fault etcd_read_error(long http_status, struct str text)
{
    struct arena *arena = arena_create();
    struct etcd_json json = etcd_json_over(text);
    struct etcd_fault fault = read_status(&json, arena);
    if (!etcd_json_end(&json) || !fault.text[0]) { /* a proxy's page, or etcd's plain text */
        fault = etcd_fault_of_answer(-1, text);
        bool passing = http_status == 429 || http_status == 502 || http_status == 503 || http_status == 504;
        if (fault.kind == ETCD_FAULT_REFUSED && passing)
            fault.kind = ETCD_FAULT_UNAVAILABLE;
        if (!fault.text[0])
            fault = etcd_fault_make(fault.kind, arena_printf(arena, "HTTP status %ld", http_status));
    }
    arena_destroy(arena);
    return fault;
}
