/* What single values cannot show: settings that contradict each other. BAD_SETTING, and UNKNOWN_ENTRY_POINT. */
#pragma once

#include "route/setting_choice.h"

void settings_check(struct arena *arena, const struct settings *settings, const struct choices *choices,
                    struct diag *diag);
