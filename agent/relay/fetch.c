#include "relay/fetch.h"

#include <stdio.h>
#include <stdlib.h>

#include "relay/worker.h"

struct fetch {
    struct stage stage; /* first */
    struct source source;
    struct body_reader reader;
    CURL *easy;
    struct curl_slist *lines;
    struct answer answer;
    struct heading trailers;
    bool reads;   /* sends the body */
    bool starved; /* waits for more of it */
    bool held;    /* the receiver of the answer is slow */
    bool head_done;
    bool unwanted; /* the rest of the answer is */
};

enum { CONNECT_TIMEOUT_MS = 5000, MOST_HEADERS = 512 << 10 };

static struct multi *multi_of(const struct fetch *f)
{
    return f->stage.exchange->worker->multi;
}

static void unpause(struct fetch *f)
{
    curl_easy_pause(f->easy, (f->starved ? CURLPAUSE_SEND : 0) | (f->held ? CURLPAUSE_RECV : 0));
}

static void on_more(struct body_reader *reader)
{
    struct fetch *f = (struct fetch *)((char *)reader - offsetof(struct fetch, reader));
    if (!f->starved)
        return;
    f->starved = false;
    unpause(f);
}

static void on_room(struct source *source)
{
    struct fetch *f = (struct fetch *)((char *)source - offsetof(struct fetch, source));
    if (!f->held)
        return;
    f->held = false;
    unpause(f);
}

void fetch_give_up(struct fetch *fetch)
{
    fetch->unwanted = true;
}

static size_t on_read(char *to, size_t size, size_t n, void *context)
{
    struct fetch *f = context;
    struct body *body = &f->stage.exchange->request->body;
    size_t got = body_read(body, &f->reader, to, size * n);
    if (got)
        return got;
    if (body->broken)
        return CURL_READFUNC_ABORT;
    f->starved = !body->complete;
    return f->starved ? CURL_READFUNC_PAUSE : 0;
}

/* What is between HAProxy and us ends here. */
static void take_framing(struct answer *answer)
{
    struct str length = heading_get(&answer->heading, STR("content-length"));
    if (!length.p || !str_to_int64(length, &answer->length) || answer->length < 0)
        answer->length = -1;
    answer->unsent = heading_get(&answer->heading, STR(HEADER_UNSENT)).p != NULL;
    static const char *const between[] = { "content-length", "transfer-encoding", "connection", "keep-alive",
                                           HEADER_UNSENT };
    for (size_t i = 0; i < sizeof between / sizeof *between; i++)
        heading_drop(&answer->heading, str_c(between[i]));
}

static void finish_head(struct fetch *f)
{
    if (f->answer.status < 200) {
        stage_pass_interim(&f->stage, &f->answer);
        heading_reset(&f->answer.heading);
        return;
    }
    take_framing(&f->answer);
    f->head_done = true;
    stage_pass_head(&f->stage, &f->answer);
}

static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
    struct fetch *f = context;
    struct str line = str_trim(str_of(bytes, size * n));
    struct heading *to = f->head_done ? &f->trailers : &f->answer.heading;
    if (to->text.n + line.n > MOST_HEADERS)
        return 0;
    size_t colon = str_find(line, ':');
    if (line.n == 0) {
        if (!f->head_done)
            finish_head(f);
    } else if (!f->head_done && str_starts(line, STR("HTTP/")) && str_find(line, ' ') < colon) {
        int64_t status;
        struct str code = str_head(str_from(line, str_find(line, ' ') + 1), 3);
        if (!str_to_int64(code, &status))
            return 0;
        heading_reset(to);
        f->answer.status = (int)status;
        snprintf(f->answer.reason, sizeof f->answer.reason, "%.*s",
                 STR_ARG(str_head(str_from(line, str_find(line, ' ') + 5), sizeof f->answer.reason - 1)));
    } else if (colon < line.n) {
        heading_add(to, str_head(line, colon), str_trim(str_from(line, colon + 1)));
    }
    return size * n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct fetch *f = context;
    if (f->stage.exchange->paused) {
        f->held = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (!f->head_done || f->unwanted)
        return 0;
    stage_pass_data(&f->stage, str_of(bytes, size * n));
    return size * n;
}

void fetch_done(void *context, CURLcode code)
{
    struct fetch *f = context;
    struct stage *stage = &f->stage;
    multi_give_back(multi_of(f), f->easy);
    f->easy = NULL;
    if (f->head_done) {
        stage_pass_end(stage, code == CURLE_OK, code == CURLE_OK ? &f->trailers : NULL);
        return;
    }
    log_line(stage->exchange->worker->log, LOG_LINE_DEBUG, "relay", "no answer from HAProxy: %s",
             curl_easy_strerror(code));
    if (stage->exchange->request->body.broken)
        stage_pass_end(stage, false, NULL);
    else
        stage_reply(stage, 502);
}

static void fini(struct stage *stage)
{
    struct fetch *f = (struct fetch *)stage;
    if (f->easy) {
        multi_remove(multi_of(f), f->easy);
        multi_give_back(multi_of(f), f->easy);
    }
    if (f->reads)
        body_close_reader(&stage->exchange->request->body, &f->reader);
    if (stage->exchange->live == f)
        stage->exchange->live = NULL;
    if (stage->exchange->source == &f->source)
        stage->exchange->source = NULL;
    curl_slist_free_all(f->lines);
    heading_fini(&f->answer.heading);
    heading_fini(&f->trailers);
}

static const struct stage_type fetch_stage = { .size = sizeof(struct fetch), .fini = fini };

/* A header without a value is written "Name;" for curl; "Name:" takes away one of its own. */
static void add_line(struct fetch *f, struct buf *line, struct str name, struct str value)
{
    buf_reset(line);
    buf_put(line, name);
    buf_puts(line, value.n ? ": " : ";");
    buf_put(line, value);
    f->lines = curl_slist_append(f->lines, line->p);
}

static void add_lines(struct fetch *f, const struct fetch_what *what)
{
    const struct request *request = f->stage.exchange->request;
    struct buf line = { 0 };
    bool accept = false, host = false;
    for (size_t i = 0; i < what->heading->n; i++) {
        struct str name = heading_name(what->heading, i);
        accept = accept || str_eq_nocase(name, STR("accept"));
        host = host || str_eq_nocase(name, STR("host"));
        if (!str_eq_nocase(name, STR("expect")))
            add_line(f, &line, name, str_trim(heading_value(what->heading, i)));
    }
    if (!accept)
        f->lines = curl_slist_append(f->lines, "Accept:");
    if (!host)
        f->lines = curl_slist_append(f->lines, "Host:");
    if (what->body && request->empty_body)
        f->lines = curl_slist_append(f->lines, "Content-Length: 0");
    f->lines = curl_slist_append(f->lines, "Expect:");
    add_line(f, &line, STR(HEADER_NEXT), what->next);
    add_line(f, &line, STR(HEADER_SOURCE), request->source);
    if (request->tls.n)
        add_line(f, &line, STR(HEADER_TLS), request->tls);
    buf_fini(&line);
}

static void set_text(CURL *easy, CURLoption option, struct buf *text, struct str s)
{
    buf_reset(text);
    buf_put(text, s);
    curl_easy_setopt(easy, option, s.n ? text->p : "");
}

static void set_body(struct fetch *f)
{
    struct body *body = &f->stage.exchange->request->body;
    f->reads = true;
    f->reader.more = on_more;
    body_open_reader(body, &f->reader);
    curl_easy_setopt(f->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(f->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->length);
    curl_easy_setopt(f->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(f->easy, CURLOPT_READDATA, f);
}

static void set_options(struct fetch *f, const struct fetch_what *what)
{
    struct buf text = { 0 };
    curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f);
    curl_easy_setopt(f->easy, CURLOPT_URL, "http://haproxy/");
    curl_easy_setopt(f->easy, CURLOPT_UNIX_SOCKET_PATH, f->stage.exchange->worker->inner);
    set_text(f->easy, CURLOPT_REQUEST_TARGET, &text, what->target);
    curl_easy_setopt(f->easy, CURLOPT_PATH_AS_IS, 1L);
    /* A kept connection is closed without a word where a server hangs up (HAProxy 2.6 wants its clients to
     * send the request again, and libcurl does): the server would get it twice. */
    curl_easy_setopt(f->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(f->easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(f->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(f->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(f->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(f->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
    curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->lines);
    bool head = str_eq(what->method, STR("HEAD"));
    if (head)
        curl_easy_setopt(f->easy, CURLOPT_NOBODY, 1L);
    else if (what->body && f->stage.exchange->request->body.length != 0)
        set_body(f);
    set_text(f->easy, CURLOPT_CUSTOMREQUEST, &text, what->method);
    buf_fini(&text);
}

void fetch_open(struct stage *outer, const struct fetch_what *what)
{
    struct fetch *f = (struct fetch *)stage_create(&fetch_stage, outer, NULL);
    f->source.resume = on_room;
    f->stage.exchange->live = f;
    f->stage.exchange->source = &f->source;
    f->answer.length = -1;
    f->easy = multi_take(multi_of(f));
    add_lines(f, what);
    set_options(f, what);
    if (!multi_add(multi_of(f), f->easy))
        fetch_done(f, CURLE_FAILED_INIT);
}

void fetch_open_target(struct stage *outer, struct str target, const struct heading *heading, bool body)
{
    const struct request *request = outer->exchange->request;
    struct buf next = { 0 };
    buf_printf(&next, "b;%.*s", STR_ARG(target));
    fetch_open(outer,
               &(struct fetch_what){ buf_str(&next), request->method, request->target, heading, body });
    buf_fini(&next);
}
