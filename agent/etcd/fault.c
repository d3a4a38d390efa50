#include "etcd/fault.h"

#include "base/buf.h"

/* One row a kind: what the watch does, and what it says ($e endpoint, $u user, $p prefix, $t etcd's text). */
static const struct fault_row {
    enum etcd_remedy remedy;
    const char *sentence;
} fault_rows[] = {
    [ETCD_OK] = { ETCD_GO_ON, "" },
    [ETCD_STOPPED] = { ETCD_END, "" },
    [ETCD_FAULT_CONNECT] = { ETCD_RECONNECT, "cannot reach etcd at $e: $t; is it running there? "
                                             "see --providers.etcd.endpoints" },
    [ETCD_FAULT_SILENT] = { ETCD_RECONNECT, "etcd at $e does not answer: $t" },
    [ETCD_FAULT_CLOSED] = { ETCD_RECONNECT,
                            "etcd at $e closed the connection without a word: a TLS port wants "
                            "https:// and perhaps --providers.etcd.tls.cert and .key" },
    [ETCD_FAULT_TLS] = { ETCD_RECONNECT,
                         "TLS with etcd at $e fails: $t; check --providers.etcd.tls.ca, .cert "
                         "and .key" },
    [ETCD_FAULT_ANSWER] = { ETCD_RECONNECT, "what answers at $e does not speak like etcd: $t; "
                                            "see --providers.etcd.endpoints" },
    [ETCD_FAULT_TOO_LARGE] = { ETCD_RELIST, "etcd at $e: $t" },
    [ETCD_FAULT_UNAVAILABLE] = { ETCD_RECONNECT, "etcd at $e cannot serve now: $t" },
    [ETCD_FAULT_REFUSED] = { ETCD_RECONNECT, "etcd at $e refuses: $t; etcd 3.4 or newer is needed" },
    [ETCD_FAULT_TOKEN] = { ETCD_AUTHENTICATE, "etcd at $e refuses our token: $t" },
    [ETCD_FAULT_NO_USER] = { ETCD_ASK_OPERATOR, "etcd at $e wants a user: set --providers.etcd.username and "
                                                "--providers.etcd.password" },
    [ETCD_FAULT_PASSWORD] = { ETCD_ASK_OPERATOR, "etcd at $e refuses user '$u' or its password: check "
                                                 "--providers.etcd.username and --providers.etcd.password" },
    [ETCD_FAULT_AUTH_OFF] = { ETCD_RECONNECT, "etcd at $e: $t" },
    [ETCD_FAULT_PERMISSION] = { ETCD_ASK_OPERATOR, "etcd user '$u' may not read '$p' at $e: etcdctl role "
                                                   "grant-permission ROLE --prefix=true read $p" },
    [ETCD_FAULT_COMMON_NAME] = { ETCD_ASK_OPERATOR,
                                 "etcd at $e refuses client certificates with a CommonName "
                                 "while its authentication is on: --providers.etcd.tls.cert "
                                 "must have none, .username and .password name the user" },
    [ETCD_FAULT_COMPACTED] = { ETCD_RELIST, "etcd at $e: $t" },
    [ETCD_FAULT_FUTURE] = { ETCD_RELIST, "etcd at $e: $t" },
    [ETCD_FAULT_STORE] = { ETCD_RELIST, "etcd at $e: $t" },
    [ETCD_FAULT_CANCELED] = { ETCD_RELIST, "etcd at $e canceled the watch: $t" },
    [ETCD_FAULT_DRIFT] = { ETCD_RELIST, "etcd at $e: $t" },
    [ETCD_FAULT_UNSURE] = { ETCD_RELIST, "etcd at $e: $t" },
    [ETCD_FAULT_STUCK] = { ETCD_REOPEN, "etcd at $e: $t" },
};

/* Both must fit; a watch's cancel_reason has no code, so there the text alone decides. */
static const struct answer_row {
    int code;
    const char *text;
    enum etcd_fault_kind kind;
} answer_rows[] = {
    { 16, "invalid auth token", ETCD_FAULT_TOKEN },
    { 3, "user name is empty", ETCD_FAULT_TOKEN },
    { 3, "revision of auth store is old", ETCD_FAULT_TOKEN },
    { 3, "authentication failed", ETCD_FAULT_PASSWORD },
    { 9, "authentication is not enabled", ETCD_FAULT_AUTH_OFF },
    { 7, "permission denied", ETCD_FAULT_PERMISSION },
    { 11, "has been compacted", ETCD_FAULT_COMPACTED },
    { 11, "is a future revision", ETCD_FAULT_FUTURE },
    { 3, "CommonName of client", ETCD_FAULT_COMMON_NAME },
};

enum { GRPC_CANCELED = 1, GRPC_DEADLINE_EXCEEDED = 4, GRPC_UNAVAILABLE = 14 };

struct etcd_fault etcd_fault_make(enum etcd_fault_kind kind, struct str text)
{
    struct etcd_fault fault = { .kind = kind };
    text = str_head(str_trim(text), sizeof fault.text - 1);
    for (size_t i = 0; i < text.n; i++)
        fault.text[i] = text.p[i] >= 0x20 && text.p[i] < 0x7f ? text.p[i] : '?';
    return fault;
}

struct etcd_fault etcd_fault_of_answer(int code, struct str text)
{
    for (size_t i = 0; i < sizeof answer_rows / sizeof *answer_rows; i++) {
        const struct answer_row *row = &answer_rows[i];
        if ((code < 0 || code == row->code) && str_search(text, str_c(row->text)) != SIZE_MAX)
            return etcd_fault_make(row->kind, text);
    }
    bool passing = code == GRPC_CANCELED || code == GRPC_DEADLINE_EXCEEDED || code == GRPC_UNAVAILABLE;
    return etcd_fault_make(passing ? ETCD_FAULT_UNAVAILABLE : ETCD_FAULT_REFUSED, text);
}

enum etcd_remedy etcd_fault_remedy(enum etcd_fault_kind kind)
{
    return fault_rows[kind].remedy;
}

void etcd_fault_describe(const struct etcd_fault *fault, const struct etcd_place *place, char *out,
                         size_t size)
{
    struct buf text = { 0 };
    for (const char *c = fault_rows[fault->kind].sentence; *c; c++) {
        if (*c != '$') {
            buf_putc(&text, *c);
            continue;
        }
        c++;
        buf_put(&text, *c == 'e'   ? place->endpoint
                       : *c == 'u' ? place->user
                       : *c == 'p' ? place->prefix
                                   : str_c(fault->text));
    }
    struct str cut = str_head(buf_str(&text), size - 1);
    if (cut.n)
        memcpy(out, cut.p, cut.n);
    out[cut.n] = '\0';
    buf_fini(&text);
}
