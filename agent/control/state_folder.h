/* The state folder: everything that HAProxy starts from, and the last tree that was served. After any crash
 * it holds a whole, recent state. Writing and syncing from several threads at once is allowed. */
#pragma once

#include <stdbool.h>

#include "emit/emit.h"

/* The last tree, in the form of `etcdctl get --prefix -w json`: maitred reads it again, and so can an
 * operator. */
#define STATE_TREE     "tree.json"
#define STATE_HISTORY  "history"     /* a folder of such trees: see history.h */
#define STATE_ORDERS   "orders.json" /* what operators ordered, and what the guard holds: see helm.h */
#define STATE_LOCK     "lock"
#define CONTROL_SOCKET "control.sock"

struct state_folder;

/* Opens the folder for these settings (created if need be) and locks it against a second daemon. NULL with a
 * message that names the remedy otherwise. */
struct state_folder *state_folder_open(const struct settings *settings, char error[static 512]);
void state_folder_close(struct state_folder *folder);

const char *state_folder_path(const struct state_folder *folder);

/* The path of the folder that these settings mean, without opening it. `base` (for the default) comes from
 * the environment: see state_folder_base. */
void state_folder_name(const struct settings *settings, struct buf *out);

/* Where default state folders stand: /var/lib/maitred for root, else below XDG_STATE_HOME or HOME. */
void state_folder_base(struct buf *out);

/* Writes those artifacts whose bytes differ from what this folder object wrote last (all of them at first).
 * false with errno's message: then the folder may hold some new files and some old ones, and the next call
 * writes again. */
bool state_folder_write(struct state_folder *folder, const struct artifacts *artifacts,
                        char error[static 512]);

/* Believes nothing of what it wrote before: the next write writes all artifacts, whatever another hand did to
 * the files. */
void state_folder_forget(struct state_folder *folder);

/* Brings what was written to the disk. Each file is whole at any time, so a crash of a program needs none of
 * this; it is for a loss of power, and no change has to wait for it (a sync takes longer than all the rest of
 * a push). */
void state_folder_sync(struct state_folder *folder);

/* Whether the files of the skeleton on disk are byte-equal to these. */
bool state_folder_has_skeleton(const struct state_folder *folder, const struct artifacts *artifacts);

/* The tree that was served last, in `arena`; false where there is none that can be read. */
bool state_folder_load_tree(const struct state_folder *folder, struct arena *arena, struct str root,
                            struct kv_snapshot *out);
bool state_folder_save_tree(struct state_folder *folder, const struct kv_snapshot *snapshot,
                            char error[static 512]);

/* The shape of the HAProxy that was started from this folder; false where there is none. */
bool state_folder_load_shape(const struct state_folder *folder, struct arena *arena, struct shape *out);
