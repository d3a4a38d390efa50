/* Certificates and keys may stand in a tree as paths of files. Whoever decoded it reads them in, so that the
 * stages behind see texts only. */
#pragma once

#include "route/tree.h"

/* Replaces paths by what the files hold, in `arena`. What is no file that can be read stays as it is. */
void tree_read_files(struct arena *arena, struct tree *tree);
