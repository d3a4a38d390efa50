/* Shared by the files of the daemon's loop (gateway: its life; serve: from trees to a push; orders: what the
 * control socket asks); nobody else includes it. */
#pragma once

#include <uv.h>

#include "control/control_socket.h"
#include "control/growth.h"
#include "control/helm.h"
#include "control/mailbox.h"
#include "control/named_files.h"
#include "control/pusher.h"
#include "control/since.h"
#include "control/sources.h"
#include "route/pem_cache.h"
#include "names/names.h"
#include "relay/relay.h"

struct gateway {
    const struct settings *settings; /* `own` */
    struct settings own;
    struct log *log;
    char *error; /* of the caller, 512 bytes */
    int status;
    double started;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t tick, first_tree, names_wait, growing;
    uv_signal_t on_term, on_int;
    uv_fs_poll_t file_poll;
    struct exit_watch *exit_watch; /* of the HAProxy master that runs; NULL: none is watched */
    struct state_folder *folder;
    struct scribe *scribe;
    struct control_socket *control;
    struct mailbox *mailbox;
    struct etcd_watch *watch;
    struct etcd_settings etcd;
    struct sources *sources;
    struct named_files *named_files;
    struct buf default_certificate; /* empty: not asked for yet. A secret */
    struct helm *helm;
    struct names *names;
    struct since *since; /* when each finding was made first */
    struct agent *agent;
    struct relay *relay;
    struct haproxy *haproxy;
    struct prober *prober;
    struct pusher *pusher;
    struct growth *growth;
    char file_error[512];
    struct ledger *ledger;        /* of what was compiled last; NULL: none */
    struct generation *ledger_of; /* held: the ledger points into it */
    bool serving, ending;
    bool dirty, whole; /* something is to be compiled; and more than the changes of etcd's tree tell */
};

/* gateway.c: the loop ends, with this exit status. */
void gateway_end(struct gateway *g, int status);

/* serve.c */
void serve_start(struct gateway *g);
void serve_if_dirty(struct gateway *g);
void serve_grow(struct gateway *g);

/* orders.c: a control_answer_fn; context is the gateway. */
enum control_answer orders_answer(void *context, struct str command, struct visitor *visitor,
                                  struct buf *out);
