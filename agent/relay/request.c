#include "relay/request.h"

#include <stdlib.h>

#include "base/arena.h"

struct request *request_create(const char *folder, struct str method, struct str target, int64_t length)
{
    struct request *request = xmalloc(sizeof *request);
    struct arena *arena = arena_create();
    *request = (struct request){ .references = 1, .arena = arena };
    request->method = arena_copy(arena, method);
    request->target = arena_copy(arena, target);
    body_init(&request->body, folder, length);
    return request;
}

static struct str taken(struct request *request, struct heading *from, const char *name)
{
    struct str value = arena_copy(request->arena, heading_get(from, str_c(name)));
    heading_drop(from, str_c(name));
    return value;
}

void request_drop_framing(struct heading *heading)
{
    static const char *const between[] = { "content-length", "transfer-encoding", "connection", "keep-alive",
                                           "upgrade",        HEADER_METHOD,       HEADER_TARGET };
    for (size_t i = 0; i < sizeof between / sizeof *between; i++)
        heading_drop(heading, str_c(between[i]));
}

struct request *request_take(const char *folder, const struct request_head *head, bool *understood)
{
    struct heading *heading = head->heading;
    bool announced = heading_get(heading, STR("content-length")).p != NULL;
    int64_t length = head->chunked ? -1 : announced ? head->length : 0;
    struct str method = heading_get(heading, STR(HEADER_METHOD)),
               target = heading_get(heading, STR(HEADER_TARGET));
    struct request *request =
        request_create(folder, method.p ? method : head->method, target.p ? target : head->target, length);
    request->empty_body = announced && length == 0;
    *understood = directives_read(request->arena, taken(request, heading, HEADER_DO), &request->directives);
    request->next = taken(request, heading, HEADER_NEXT);
    request->source = taken(request, heading, HEADER_SOURCE);
    request->tls = taken(request, heading, HEADER_TLS);
    request_drop_framing(heading);
    heading_copy(&request->heading, heading);
    return request;
}

struct request *request_hold(struct request *request)
{
    request->references++;
    return request;
}

void request_release(struct request *request)
{
    if (!request || --request->references > 0)
        return;
    body_fini(&request->body);
    heading_fini(&request->heading);
    arena_destroy(request->arena);
    free(request);
}
