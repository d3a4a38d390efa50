/* Questions about processes, for the tests of start, reload and end. */
#pragma once

#include <dirent.h>
#include <sys/wait.h>

#include "haproxy/process.h"
#include "stage.h"

static inline void open_stage(struct stage *stage)
{
    stage_open(stage, "");
}

/* Polls until it is `wanted`, for at most ten seconds. */
static inline void expect_condition(struct stage *stage, enum haproxy_condition wanted)
{
    enum haproxy_condition condition = HAPROXY_RUNNING;
    for (int i = 0; i < 1000 && (condition = haproxy_poll(stage->haproxy)) != wanted; i++)
        stage_pause(10);
    ck_assert_int_eq(condition, wanted);
}

static inline bool is_alive(pid_t pid)
{
    char path[64], state = 'X';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    int fields = fscanf(f, "%*d %*s %c", &state);
    fclose(f);
    return fields == 1 && state != 'Z' && state != 'X';
}

static inline bool dies(pid_t pid)
{
    for (int i = 0; i < 1000 && is_alive(pid); i++)
        stage_pause(5);
    return !is_alive(pid);
}

/* Processes that name the folder on their command line. */
static inline int processes_in(const struct stage *stage)
{
    int n = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *d; (d = readdir(proc));) {
        char path[300], line[4096];
        snprintf(path, sizeof path, "/proc/%s/cmdline", d->d_name);
        FILE *f = d->d_name[0] >= '1' && d->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!f)
            continue;
        size_t size = fread(line, 1, sizeof line, f);
        fclose(f);
        n += size > 0 && memmem(line, size, stage->folder, strlen(stage->folder)) != NULL;
    }
    closedir(proc);
    return n;
}

static inline int master_of(const struct stage *stage)
{
    char path[96];
    int pid = 0;
    snprintf(path, sizeof path, "%s/haproxy.pid", stage->folder);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
    fclose(f);
    return pid;
}

static inline bool has_children(void)
{
    siginfo_t info = { 0 };
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static inline bool exists(const struct stage *stage, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", stage->folder, name);
    return access(path, F_OK) == 0;
}
