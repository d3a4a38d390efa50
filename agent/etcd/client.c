#include "etcd/client.h"

#include "etcd/limits.h"
#include "etcd/wire.h"

void etcd_client_fini(struct etcd_client *client)
{
    if (client->token.p)
        explicit_bzero(client->token.p, client->token.n);
    buf_fini(&client->token);
}

struct str etcd_client_endpoint(const struct etcd_client *client)
{
    return client->config->endpoints[client->endpoint];
}

void etcd_client_rotate(struct etcd_client *client)
{
    client->endpoint = (client->endpoint + 1) % client->config->n_endpoints;
}

void etcd_client_start(struct etcd_client *client, struct etcd_http_call *call, const char *path,
                       struct etcd_http_request request)
{
    struct buf url = { 0 };
    buf_put(&url, etcd_client_endpoint(client));
    buf_puts(&url, path);
    request.url = buf_str(&url);
    request.token = buf_str(&client->token);
    etcd_http_start(client->http, call, &request);
    buf_fini(&url);
}

struct etcd_fault etcd_client_result(const struct etcd_http_call *call)
{
    if (call->fault.kind || call->status == 200)
        return call->fault;
    return etcd_read_error(call->status, buf_str(&call->answer));
}

/* Moves everything on until the call is done, or we are told to stop. */
static struct etcd_fault wait_for(struct etcd_client *client, const struct etcd_http_call *call)
{
    while (!call->done) {
        if (atomic_load(client->stop))
            return etcd_fault_make(ETCD_STOPPED, STR(""));
        etcd_http_turn(client->http, 1000 * ETCD_MS);
    }
    return etcd_client_result(call);
}

struct etcd_fault etcd_client_start_authenticate(struct etcd_client *client, struct etcd_http_call *call)
{
    const struct etcd_config *config = client->config;
    buf_reset(&client->token);
    if (config->username.n == 0)
        return etcd_fault_make(ETCD_FAULT_NO_USER, STR(""));
    struct buf body = { 0 };
    etcd_put_authenticate_request(&body, config->username, config->password);
    etcd_client_start(
        client, call, ETCD_PATH_AUTHENTICATE,
        (struct etcd_http_request){ .body = buf_str(&body), .within_ms = ETCD_AUTHENTICATE_MS });
    explicit_bzero(body.p, body.n);
    buf_fini(&body);
    return (struct etcd_fault){ 0 };
}

struct etcd_fault etcd_client_finish_authenticate(struct etcd_client *client, struct etcd_http_call *call)
{
    struct etcd_fault fault = etcd_client_result(call);
    if (fault.kind == ETCD_OK) {
        struct arena *arena = arena_create();
        struct str token;
        if (etcd_read_token(arena, buf_str(&call->answer), &token))
            buf_put(&client->token, token);
        else
            fault = etcd_fault_make(ETCD_FAULT_ANSWER, STR("no token in the answer to authenticate"));
        arena_destroy(arena);
    } else if (fault.kind == ETCD_FAULT_AUTH_OFF) {
        fault = (struct etcd_fault){ 0 };
    }
    etcd_http_close(client->http, call);
    return fault;
}

struct etcd_fault etcd_client_authenticate(struct etcd_client *client)
{
    struct etcd_http_call call = { 0 };
    struct etcd_fault fault = etcd_client_start_authenticate(client, &call);
    if (fault.kind)
        return fault;
    fault = wait_for(client, &call);
    if (fault.kind != ETCD_STOPPED)
        return etcd_client_finish_authenticate(client, &call);
    etcd_http_close(client->http, &call);
    return fault;
}

static struct etcd_fault post(struct etcd_client *client, const char *path, struct str body,
                              struct buf *answer)
{
    struct etcd_http_call call = { 0 };
    etcd_client_start(client, &call, path, (struct etcd_http_request){ .body = body });
    struct etcd_fault fault = wait_for(client, &call);
    if (fault.kind == ETCD_OK) { /* the bytes change hands, so that pages are not copied */
        buf_fini(answer);
        *answer = call.answer;
        call.answer = (struct buf){ 0 };
    }
    etcd_http_close(client->http, &call);
    return fault;
}

struct etcd_fault etcd_client_call(struct etcd_client *client, const char *path, struct str body,
                                   struct buf *answer)
{
    struct etcd_fault fault = post(client, path, body, answer);
    if (fault.kind != ETCD_FAULT_TOKEN)
        return fault;
    fault = etcd_client_authenticate(client);
    return fault.kind ? fault : post(client, path, body, answer);
}
