/* What can go wrong between us and etcd: one enum that says what to do, and the words that came with it. */
#pragma once

#include <stddef.h>

#include "base/str.h"

enum etcd_fault_kind {
    ETCD_OK,
    ETCD_STOPPED,       /* we were told to end */
    ETCD_FAULT_CONNECT, /* no connection, or it broke */
    ETCD_FAULT_SILENT,  /* connected, but no answer in time */
    ETCD_FAULT_CLOSED,  /* closed without a word: clear text to a TLS port, or a client certificate is missing
                         */
    ETCD_FAULT_TLS,
    ETCD_FAULT_ANSWER,      /* an answer that is none of etcd's */
    ETCD_FAULT_TOO_LARGE,   /* an answer or a line beyond its bound */
    ETCD_FAULT_UNAVAILABLE, /* no leader, a learner, shutting down: another endpoint, or later */
    ETCD_FAULT_REFUSED,     /* any other refusal */
    ETCD_FAULT_TOKEN,       /* authenticate again, once, and retry */
    ETCD_FAULT_NO_USER,     /* etcd wants a user, the settings name none */
    ETCD_FAULT_PASSWORD,
    ETCD_FAULT_AUTH_OFF, /* authenticate where authentication is off: go on without a token */
    ETCD_FAULT_PERMISSION,
    ETCD_FAULT_COMMON_NAME, /* a client certificate with a CommonName, and authentication is on */
    ETCD_FAULT_COMPACTED,
    ETCD_FAULT_FUTURE,   /* a revision that the store has not reached: it is not the one we knew */
    ETCD_FAULT_STORE,    /* another cluster, or an older state than we have */
    ETCD_FAULT_CANCELED, /* the watch was canceled for a reason that has no better name */
    ETCD_FAULT_DRIFT,    /* the store does not hold what the events said */
    ETCD_FAULT_UNSURE,   /* nothing is wrong that we know of, but another store would look the same */
    ETCD_FAULT_STUCK,    /* the store moves on and the watch says nothing */
    ETCD_FAULT_KINDS
};

/* What a fault asks of the watch. */
enum etcd_remedy {
    ETCD_GO_ON,
    ETCD_END,
    ETCD_RECONNECT,    /* next endpoint, after a pause */
    ETCD_REOPEN,       /* the watch, at once, at the same endpoint */
    ETCD_AUTHENTICATE, /* then reopen */
    ETCD_RELIST,
    ETCD_ASK_OPERATOR, /* slow retries: nothing that we can do helps */
};

struct etcd_fault {
    enum etcd_fault_kind kind;
    char text[160]; /* what etcd or the network said, printable; may be empty */
};

struct etcd_fault etcd_fault_make(enum etcd_fault_kind kind, struct str text);

/* The fault that an answer of etcd's means, by its gRPC code (-1: not known) and text (etcd-gateway.md 2). */
struct etcd_fault etcd_fault_of_answer(int code, struct str text);

enum etcd_remedy etcd_fault_remedy(enum etcd_fault_kind kind);

/* Where it happened, for the words. */
struct etcd_place {
    struct str endpoint, user, prefix;
};

/* One sentence for status and log, cut at `size`: what, where, and what the operator can do. No secrets. */
void etcd_fault_describe(const struct etcd_fault *fault, const struct etcd_place *place, char *out,
                         size_t size);
