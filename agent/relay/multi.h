/* libcurl's multi interface on an event loop. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

struct multi;

/* `done` is called for every handle that has ended, after it was removed; its CURLOPT_PRIVATE is handed over.
 */
struct multi *multi_create(uv_loop_t *loop, void (*done)(void *handle_private, CURLcode code));

/* No handle may be in it any more. The loop must run once more before multi_destroy. */
void multi_close(struct multi *multi);
void multi_destroy(struct multi *multi);

/* A handle with default options, for one use; multi_give_back for all that were taken. */
CURL *multi_take(struct multi *multi);
void multi_give_back(struct multi *multi, CURL *easy);

bool multi_add(struct multi *multi, CURL *easy);

/* Ends it without a word; not from within a callback of libcurl's. */
void multi_remove(struct multi *multi, CURL *easy);
