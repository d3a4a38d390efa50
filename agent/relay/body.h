/* The body of a request while it arrives. Who reads it keeps a place of his own, and is told when there is
 * more. */
#pragma once

#include "relay/spool.h"

struct body_reader {
    uint64_t at;                              /* what it has read */
    void (*more)(struct body_reader *reader); /* there is more, or the end is known; may close any reader */
    struct body_reader *next;
    unsigned told; /* the body's `round` in which it was told last */
};

struct body {
    struct spool spool;
    int64_t length; /* as announced; -1: unknown, 0: there is none */
    bool complete;  /* all is there */
    bool broken;    /* the rest will never come */
    int keepers;    /* > 0: nothing is forgotten, as somebody may want to read it once more */
    bool replays;   /* a request that has reached no server is sent again: as much is kept as fits on its way
                       there */
    struct body_reader *readers;
    unsigned round;
    /* Called when readers have taken what was there; NULL: nobody cares. */
    void (*drained)(void *context);
    void *context;
};

/* So many unread bytes are taken in before the sender has to wait. */
enum { BODY_AHEAD = 256 << 10 };

void body_init(struct body *body, const char *folder, int64_t length);
void body_fini(struct body *body);

/* From its sender. */
void body_append(struct body *body, struct str bytes);
void body_end(struct body *body, bool whole);

/* Whether the sender should wait. */
bool body_is_full(const struct body *body);

/* A reader from the first byte on (nothing may be forgotten yet), or from where another stands. */
void body_open_reader(struct body *body, struct body_reader *reader);
void body_close_reader(struct body *body, struct body_reader *reader);

/* Up to n bytes; 0: none at present (see complete and broken). */
size_t body_read(struct body *body, struct body_reader *reader, char *to, size_t n);

/* Whether nothing is forgotten yet. */
bool body_can_be_read_again(const struct body *body);
