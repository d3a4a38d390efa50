#include "control/store_settings.h"

struct etcd_settings store_settings(const struct settings *settings)
{
    return (struct etcd_settings){ .endpoints = settings->etcd.endpoints,
                                   .n_endpoints = settings->etcd.n_endpoints,
                                   .root = settings->etcd.root_key,
                                   .username = settings->etcd.username,
                                   .password = settings->etcd.password,
                                   .tls = settings->etcd.tls.on,
                                   .ca = settings->etcd.tls.ca,
                                   .cert = settings->etcd.tls.cert,
                                   .key = settings->etcd.tls.key,
                                   .insecure_skip_verify = settings->etcd.tls.insecure_skip_verify };
}
