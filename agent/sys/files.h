/* Open files of this process. */
#pragma once

/* Lets it have as many as the system allows: each request in flight may cost two of them, and the usual soft
 * limit is 1,024. */
void files_raise(void);
