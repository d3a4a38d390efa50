/* A test over the files of a folder, a case each. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* Calls `check` with the path of each; returns how many there are. */
static inline int each_case(const char *folder, void (*check)(const char *path))
{
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort), cases = 0;
    for (int i = 0; i < n; i++) {
        char path[4096];
        if (names[i]->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
            check(path);
            cases++;
        }
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return cases;
}
