/* told.h: what fields.c and containers.c share: they make processes that differ from each other, and
 * write down what each says of itself. They run as root, because nothing else may change its user, its
 * control group and its login user. */
#ifndef TOLD_H
#define TOLD_H

#include "case.h"
#include "tells.h"

static struct command tell;
static char *unified, *groups;
static int tell_pipe[2];
static int number;  /* of the process that is being made */
static int nesting; /* how many pid namespaces below this one it is */

/* ---- Control groups: folders below this process's own, in one that is ours. */

static void find_unified(void)
{
    static char line[4096], root[PATH_MAX], kind[64], own[PATH_MAX] = "";
    FILE *mounts = fopen("/proc/self/mounts", "re");
    require(mounts != NULL, "/proc/self/mounts");
    while (fgets(line, sizeof line, mounts) != NULL && unified == NULL)
        if (sscanf(line, "%*s %4095s %63s", root, kind) == 2 && strcmp(kind, "cgroup2") == 0)
            unified = root;
    fclose(mounts);
    if (unified == NULL)
        unavailable("control groups of version 2", "mount -t cgroup2 none /sys/fs/cgroup/unified");
    FILE *groups_of = fopen("/proc/self/cgroup", "re");
    require(groups_of != NULL, "/proc/self/cgroup");
    while (fgets(line, sizeof line, groups_of) != NULL)
        if (strncmp(line, "0::/", 4) == 0)
            snprintf(own, sizeof own, "%s", strtok(line + 3, "\n"));
    fclose(groups_of);
    groups = joined(unified, joined(own, "/", "rollcall-told"), "");
}

static char *group(const char *name, int which)
{
    char text[32];
    snprintf(text, sizeof text, "/%s%d", name, which);
    return joined(groups, text, "");
}

/* A group whose last process was waited for may be busy for a little longer. */
static void remove_group(const char *path)
{
    for (int tries = 0; rmdir(path) != 0 && errno != ENOENT; tries++) {
        require(errno == EBUSY && tries < 10000, path);
        usleep(100);
    }
}

/* Those that a driver left which was killed. */
static void remove_groups(void)
{
    DIR *all = opendir(groups);
    for (struct dirent *one; all != NULL && (one = readdir(all)) != NULL;)
        if (one->d_type == DT_DIR && one->d_name[0] != '.')
            remove_group(joined(groups, "/", one->d_name));
    if (all != NULL)
        closedir(all);
    remove_group(groups);
}

static void make_group(const char *path) { require(mkdir(path, 0755) == 0, path); }

static void join_group(const char *path)
{
    int file = open(joined(path, "/", "cgroup.procs"), O_WRONLY | O_CLOEXEC);
    require(file >= 0 && write(file, "0", 1) == 1, path);
    close(file);
}

/* ---- Processes. */

static void become_and_tell(void); /* the last of a child's life but for its program */

static void act(void)
{
    for (int level = 0; level < nesting; level++) {
        require(unshare(CLONE_NEWPID) == 0, "unshare");
        pid_t pid = fork();
        require(pid >= 0, "fork");
        if (pid > 0) {
            shared->pid[level] = pid; /* as this process sees it */
            wait_for(pid, level + 1 == nesting ? TARGET_STATUS : 0);
            _exit(0);
        }
    }
    become_and_tell();
}

static void log_told(const struct told *told, pid_t parent)
{
    u32 known = KNOWS_PPID | KNOWS_EXE | KNOWS_ARGV;
    struct log_entry entry = {.kind = 1, .known = known, .pid = told->pid, .ppid = (u32)parent,
                              .details = told->length};
    log_fork((pid_t)told->pid, parent);
    log_entry(entry, tell.exe, tell.argv, told->details);
    /* It ends as what it was when it spoke. */
    struct log_entry end = {.kind = 2, .known = KNOWS_STATUS, .pid = told->pid, .status = TARGET_STATUS,
                            .details = told->length};
    log_entry(end, NULL, NULL, told->details);
}

/* Makes one process that executes `tell` with so many pid namespaces around it. Of two, the one between
 * knows its child by a number of its own namespace; the child itself says what it is here. */
static void play_one(int which, int levels)
{
    struct told told;
    next_window();
    number = which, nesting = levels;
    tell.argv[1] = new_nonce();
    pid_t pid = start_child(act);
    int status = wait_for(pid, levels == 0 ? TARGET_STATUS : 0);
    ssize_t length = read(tell_pipe[0], &told, sizeof told);
    require(length > 8 && (u32)length == 8 + told.length, "what the process tells of itself");
    pid_t parent = driver;
    if (levels > 0) {
        log_fork(pid, driver);
        parent = pid;
    }
    if (levels == 2) {
        log_fork(shared->pid[0], pid);
        parent = shared->pid[0];
    }
    log_told(&told, parent);
    if (levels == 2)
        log_exit(shared->pid[0], 0);
    if (levels > 0)
        log_exit(pid, status);
}

static void begin_telling(void)
{
    if (geteuid() != 0)
        unavailable("root, which alone may change users and control groups", "run as root");
    find_unified();
    remove_groups();
    make_group(groups);
    require(pipe(tell_pipe) == 0 && dup2(tell_pipe[1], TELL_FD) == TELL_FD, "pipe");
    folder(); /* made here, once for all */
    tell = installed("tell-dynamic");
    tell.argv[2] = unified;
}

static void end_telling(void)
{
    next_window();
    remove_groups();
}

#endif
