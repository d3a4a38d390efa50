/* What HAProxy says on its standard error, at start and later, made fit for people. Pure. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum report_severity { REPORT_NOTICE, REPORT_WARNING, REPORT_ALERT };

/* One line: "[ALERT]    (123) : text" without its preface. Lines without one (Lua, continuations) are
 * notices. */
enum report_severity report_line(struct str line, struct str *text);

/* Why a start or reload failed, in one line: the alerts of `log`, and the remedy where it is known (an
 * address in use, a port without the right to it, …). Never empty. */
void report_failure(struct str log, struct buf *out);
