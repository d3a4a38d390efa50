/* A request on its way through the relay. Its directives are stages, one within the other: the outermost is
 * the connection from HAProxy, the innermost a fetch from HAProxy's inner frontend; answers come from the
 * inside out. */
#pragma once

#include "relay/request.h"

struct relay_worker;
struct fetch;

struct answer {
    int status;
    char reason[64];        /* the words behind the status */
    struct heading heading; /* without framing */
    int64_t length;         /* of the body; -1: unknown */
    bool unsent;            /* HEADER_UNSENT */
};

/* Who sends the answer, and stops while its receiver is slow. */
struct source {
    void (*resume)(struct source *source);
};

struct exchange {
    struct relay_worker *worker;
    struct request *request;
    bool paused;           /* the receiver of the answer is slow */
    struct fetch *live;    /* that asks HAProxy; NULL: none */
    struct source *source; /* NULL: none */
};

struct stage;

/* What a stage does with the answer from the inside. head comes once; data as often as need be; end once, as
 * the caller's last word: the stage may close its inner one then, never before. interim: a 1xx answer; NULL:
 * it is dropped. */
struct stage_type {
    size_t size;
    void (*start)(struct stage *stage);
    void (*interim)(struct stage *stage, const struct answer *answer);
    void (*head)(struct stage *stage, struct answer *answer); /* may change it */
    void (*data)(struct stage *stage, struct str bytes);
    void (*end)(struct stage *stage, bool whole, const struct heading *trailers); /* trailers may be NULL */
    void (*fini)(struct stage *stage);                                            /* NULL: nothing to do */
};

struct stage {
    const struct stage_type *type;
    struct exchange *exchange;
    struct stage *outer, *inner;
    const struct directive *directive; /* NULL for those that are none */
};

/* Opens and starts what stands inside of a stage: the next directive, or a fetch of request->next. */
void stage_open_inner(struct stage *stage);

/* Closes a stage and what is inside of it, whatever it is doing. NULL is allowed. */
void stage_close(struct stage **stage);

/* Hands an answer on to the outside. */
void stage_pass_interim(struct stage *stage, const struct answer *answer);
void stage_pass_head(struct stage *stage, struct answer *answer);
void stage_pass_data(struct stage *stage, struct str bytes);
void stage_pass_end(struct stage *stage, bool whole, const struct heading *trailers);

/* Answers by itself: the status with its own words (model_status_text) as body and no type; or as Go's
 * http.Error writes a text. */
void stage_reply(struct stage *stage, int status);
void stage_reply_error(struct stage *stage, int status, struct str text);

/* The rest of the answer is not wanted: what fetches it ends, as broken, at the next piece. */
void stage_give_up(struct stage *stage);

/* A stage of that type inside of `outer`, all zero behind its first fields. */
struct stage *stage_create(const struct stage_type *type, struct stage *outer,
                           const struct directive *directive);

/* Waits for the whole body of a request. */
struct collector {
    struct body_reader reader;
    struct body *body;
    int64_t most;
    void (*done)(struct collector *collector, bool over);
    bool open;
};

/* Calls `done` once, maybe at once: when the body is complete, or as soon as it is known to be longer than
 * `most` bytes (< 0: no limit). What was read stays readable from the beginning on (the body has one keeper
 * more); never where the body breaks off: the exchange ends. */
void collector_start(struct collector *collector, struct body *body, int64_t most,
                     void (*done)(struct collector *collector, bool over));
void collector_close(struct collector *collector);

extern const struct stage_type mirror_stage, failover_stage, errors_stage, retry_stage, buffering_stage,
    compress_stage;
