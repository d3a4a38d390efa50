/* Many commands over one connection, their answers kept apart: HAProxy's interactive mode ends each answer
 * with a line "> ", where the one-shot mode parts them by an empty line only in some cases, by version and
 * message. Commands are sent ahead of the answers, so a handful of them is one round trip. No payloads: those
 * run three times faster one by one through runtime_call (2.6 and 3.0 prompt for every line of them). */
#pragma once

#include "haproxy/runtime.h"

struct batch;

/* An empty batch; `runtime` must outlive it. */
struct batch *batch_create(const struct runtime *runtime);
void batch_destroy(struct batch *batch);

/* Forgets commands and answers. */
void batch_reset(struct batch *batch);

/* Appends one command (copied; without a line end, its words through quote_command) and returns its number.
 */
size_t batch_add(struct batch *batch, struct str command);
size_t batch_addf(struct batch *batch, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t batch_count(const struct batch *batch);

/* Sends all and reads all answers; severities are on ("[3]: "). The order of execution is that of batch_add.
 * After a failure it is unknown how many were executed. RUNTIME_REFUSED: a command is too long; nothing was
 * sent. */
enum runtime_status batch_run(struct batch *batch);

/* The answer of command i after a run that was RUNTIME_OK; valid until the next run or reset. */
struct str batch_answer(const struct batch *batch, size_t i);

/* The command itself, for messages. */
struct str batch_command(const struct batch *batch, size_t i);
