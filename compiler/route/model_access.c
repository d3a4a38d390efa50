/* Middlewares that refuse: by address, number of requests, encoded characters, length. */
#include "route/model_build.h"

enum { MAX_NETS = 20000, MAX_FAULTS = 8 };

static bool read_nets(struct build *b, const struct list_value *source, struct model_nets *out)
{
    struct address_range *nets = ARENA_ARRAY(b->arena, struct address_range, source->n);
    size_t n_faults = 0;
    if (source->n > MAX_NETS) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key, "more than %d addresses and networks",
                    MAX_NETS);
        return false;
    }
    for (size_t i = 0; i < source->n && n_faults < MAX_FAULTS; i++)
        if (!address_range_read(source->v[i], &nets[i])) {
            report_text(b, FINDING_BAD_OBJECT, source->key, source->v[i],
                        "as in 10.1.2.3, 10.0.0.0/8 or fd00::/8", "this is neither an address nor a network");
            n_faults++;
        }
    *out = (struct model_nets){ nets, source->n };
    return n_faults == 0;
}

bool model_read_ip_strategy(struct build *b, const struct ip_strategy *source, struct model_ip_strategy *out)
{
    bool ok = true;
    *out = (struct model_ip_strategy){ 0 };
    if (IS_SET(source->depth) && source->depth.v > 0)
        out->depth = source->depth.v;
    else if (source->excluded_ips.n)
        return read_nets(b, &source->excluded_ips, &out->excluded);
    if (IS_SET(source->ipv6_subnet)) {
        ok = source->ipv6_subnet.v >= 1 && source->ipv6_subnet.v <= 128;
        out->subnet = (int)source->ipv6_subnet.v;
        if (!ok)
            diag_report(b->diag, FINDING_BAD_OBJECT, source->ipv6_subnet.key,
                        "a subnet of IPv6 has 1 to 128 bits");
    }
    return ok;
}

bool model_read_allow_list(struct build *b, const struct allow_list *source, struct model_op *op, bool *idle)
{
    int64_t status = IS_SET(source->reject_status) && source->reject_status.v ? source->reject_status.v : 403;
    bool ok = source->source_range.n > 0;
    op->kind = OP_ALLOW_LIST;
    *idle = false;
    if (!ok)
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key, "sourceRange is empty: nobody could pass");
    ok = read_nets(b, &source->source_range, &op->allow.nets) && ok;
    ok = model_read_ip_strategy(b, &source->ip_strategy, &op->allow.strategy) && ok;
    if (!model_status_text(status)) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->reject_status.key, "%lld is no status of HTTP",
                    (long long)status);
        ok = false;
    } else if (status < 200) {
        diag_report(b->diag, FINDING_NOT_SUPPORTED, source->reject_status.key,
                    "%lld is no status of an answer", (long long)status);
        ok = false;
    } else {
        op->allow.status = (int)status;
    }
    return ok;
}

bool model_read_in_flight(struct build *b, const struct in_flight_req *source, struct model_op *op,
                          bool *idle)
{
    const struct source_criterion *by = &source->source_criterion;
    bool by_ip = by->ip_strategy.key.p != NULL, by_header = by->request_header_name.v.n > 0;
    bool by_host = IS_SET(by->request_host) && by->request_host.v;
    op->kind = OP_IN_FLIGHT;
    op->in_flight.amount = IS_SET(source->amount) && source->amount.v > 0 ? source->amount.v : 0;
    op->in_flight.source = by_header ? SOURCE_HEADER : by_ip ? SOURCE_IP : SOURCE_HOST;
    op->in_flight.header = text_lower(b->arena, by->request_header_name.v);
    *idle = false;
    if (by_ip + by_header + by_host > 1) {
        diag_report(b->diag, FINDING_BAD_OBJECT, by->key,
                    "ipStrategy, requestHeaderName and requestHost exclude each other");
        return false;
    }
    if (by_header && !str_is_token(op->in_flight.header)) {
        diag_report(b->diag, FINDING_BAD_OBJECT, by->request_header_name.key, "this is no name of a header");
        return false;
    }
    return !by_ip || model_read_ip_strategy(b, &by->ip_strategy, &op->in_flight.strategy);
}

bool model_read_encoded(struct build *b, const struct encoded_characters *source, struct model_op *op,
                        bool *idle)
{
    const struct {
        const struct bool_value *allowed;
        const char *code;
    } all[] = {
        { &source->slash, "2F" },     { &source->backslash, "5C" }, { &source->null, "00" },
        { &source->semicolon, "3B" }, { &source->percent, "25" },   { &source->question_mark, "3F" },
        { &source->hash, "23" },
    };
    struct str codes = { 0 };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!IS_SET(*all[i].allowed) || !all[i].allowed->v)
            codes = arena_printf(b->arena, "%.*s%s", STR_ARG(codes), all[i].code);
    op->kind = OP_ENCODED;
    op->refused_codes = codes.p;
    *idle = codes.n == 0;
    return true;
}

/* Nothing guesses a content type here without it. */
bool model_read_content_type(struct build *b, const struct content_type *source, struct model_op *op,
                             bool *idle)
{
    (void)b;
    op->kind = OP_CONTENT_TYPE;
    *idle = IS_SET(source->auto_detect) && !source->auto_detect.v;
    return true;
}
