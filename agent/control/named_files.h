/* Files that trees name: users of an authentication, certificates. Read when a compile asks for them, and
 * looked at from then on. */
#pragma once

#include "route/settings.h"

struct named_files;

struct named_files *named_files_create(void);
void named_files_destroy(struct named_files *files);

/* For settings.files. */
const struct file_view *named_files_view(const struct named_files *files);

/* Whether a file that the last compile asked for is another one now (or is there, or is gone): then compile
 * again. Those that it did not ask for are forgotten. */
bool named_files_changed(struct named_files *files);
