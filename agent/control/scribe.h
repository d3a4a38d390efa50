/* The scribe keeps the state folder up to what is served, on a thread of its own: a push goes through the
 * socket and waits for no file. What is served stands in the files at once where they are small, and within a
 * second where they are large, as long as writing takes a small part of the time; whoever starts HAProxy has
 * them written first (scribe_write), and whoever meets a worker that was started by another hand compares it
 * with what is served. */
#pragma once

#include "control/generation.h"
#include "control/skeleton.h"
#include "control/state_folder.h"
#include "sys/log.h"

struct scribe_parts {
    struct state_folder *folder;
    struct emit_paths paths;
    const struct settings *settings;
    struct log *log;
};

struct scribe;

/* Starts the thread; NULL with a message where it cannot. The parts must outlive the scribe. */
struct scribe *scribe_start(const struct scribe_parts *parts, char error[static 512]);

/* Writes what is still to be written and ends the thread. NULL is allowed. */
void scribe_stop(struct scribe *scribe);

/* This generation is served now: its files follow, then its tree. Holds it as long as need be. */
void scribe_follow(struct scribe *scribe, struct generation *generation);

/* Writes the files of a generation before it returns: those that changed since they were written last, or
 * all, as another hand may have changed them. false with a message. `skeleton` gets the name that a worker
 * says which is started from them, in any case. */
enum write_which { WRITE_CHANGED, WRITE_ALL };
bool scribe_write(struct scribe *scribe, const struct generation *generation, enum write_which which,
                  char skeleton[static SKELETON_NAME + 1], char error[static 512]);

/* Writes all files of a generation that a worker may be started from later, beside everything else. It is
 * given up as soon as another generation is to be followed or written. */
void scribe_prepare(struct scribe *scribe, struct generation *generation);

/* What became of it. */
enum prepared {
    PREPARED_NOT, /* given up, or the files are others by now */
    PREPARED_SOON,
    PREPARED_YES,   /* the files are this generation's; `skeleton` as for scribe_write */
    PREPARED_FAILED /* with a message */
};
enum prepared scribe_prepared(struct scribe *scribe, char skeleton[static SKELETON_NAME + 1],
                              char error[static 512]);

/* Writes whatever is behind, the tree too, before it returns. */
void scribe_flush(struct scribe *scribe);

/* Whether the files of the skeleton on disk are those of a generation. */
bool scribe_has_skeleton(struct scribe *scribe, const struct generation *generation);

/* Whether the files are behind because they could not be written, with the last message. It is tried again
 * all the time. */
bool scribe_failed(struct scribe *scribe, char error[static 512]);
