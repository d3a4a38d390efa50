/* Services to declared backends and their servers. Internal to plan. */
#pragma once

#include "plan/plan.h"

/* The name of a service's own backend: "etcd:whoami" for "whoami@etcd", quoted, with a digest where it would
 * be too long. */
struct str service_backend_name(struct arena *arena, struct str service);

/* The server without address and weight: its name, options and files. Equal ones give equal names. */
struct plan_server server_describe(struct arena *arena, const struct model_service *service,
                                   const struct model_server *server);

/* Its servers with HAProxy's weights, for a backend of out->kind; servers without a host are left out. */
void service_servers(struct arena *arena, const struct model_service *service, struct plan_backend *out);

/* A file named after its kind ("ca", "id") and contents; NULL where there is nothing in it. */
const struct plan_file *plan_file_of(struct arena *arena, const char *kind, struct str bytes);
