/* What single values cannot show: settings that contradict each other. */
#pragma once

#include "route/setting_choice.h"

void settings_check(struct arena *arena, const struct settings *settings, const struct choices *choices,
                    struct diag *diag);
