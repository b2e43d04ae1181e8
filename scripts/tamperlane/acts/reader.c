/* What is done to the process that reads: signals and control groups. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "act.h"

#define GROUP "rollcall-tamper"

int stop_reader(int pid, const char *word)
{
    (void)word;
    return answered(kill(pid, SIGSTOP) == 0, "kill");
}

int kill_reader(int pid, const char *word)
{
    (void)word;
    return answered(kill(pid, SIGKILL) == 0, "kill");
}

static int write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    int good = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    int why = errno;
    if (file >= 0)
        close(file);
    errno = why;
    if (!good)
        fprintf(stderr, "%s: ", path);
    return good;
}

/* A group of its own for the reader in the hierarchy of a controller, `root` and what follows: pairs of file
 * and text, which are written before the reader is moved into it, or after. */
static int in_group(int pid, const char *root, const char *const before[2], const char *const after[2])
{
    char folder[256], number[16];
    snprintf(folder, sizeof folder, "%s/" GROUP, root);
    snprintf(number, sizeof number, "%d", pid);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return answered(0, folder);
    return answered((before == NULL || write_file(folder, before[0], before[1])) &&
                        write_file(folder, "cgroup.procs", number) &&
                        (after == NULL || write_file(folder, after[0], after[1])),
                    "cgroup");
}

/* Version 1 where there is one, else 2. */
static int has(const char *folder) { return access(folder, F_OK) == 0; }

int freeze_reader(int pid, const char *word)
{
    static const char *const one[] = {"freezer.state", "FROZEN"}, *const two[] = {"cgroup.freeze", "1"};
    (void)word;
    if (has("/sys/fs/cgroup/freezer"))
        return in_group(pid, "/sys/fs/cgroup/freezer", NULL, one);
    return in_group(pid, "/sys/fs/cgroup", NULL, two);
}

/* The children that its first thread has started, too: what says that it does not run. */
int freeze_all(int pid, const char *word)
{
    const char *root = has("/sys/fs/cgroup/freezer") ? "/sys/fs/cgroup/freezer" : "/sys/fs/cgroup";
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return answered(0, path);
    int code = DONE, child;
    while (code == DONE && fscanf(file, "%d", &child) == 1)
        code = in_group(child, root, NULL, NULL);
    fclose(file);
    return code == DONE ? freeze_reader(pid, word) : code;
}

/* One millisecond of CPU in each second. */
int starve_cpu(int pid, const char *word)
{
    static const char *const one[] = {"cpu.cfs_quota_us", "1000"}, *const two[] = {"cpu.max", "1000 1000000"};
    (void)word;
    if (!has("/sys/fs/cgroup/cpu"))
        return in_group(pid, "/sys/fs/cgroup", NULL, two);
    static const char *const period[] = {"cpu.cfs_period_us", "1000000"};
    return in_group(pid, "/sys/fs/cgroup/cpu", period, one);
}

/* What it has now is not charged to the new group; it may have 64 KiB more. */
int starve_memory(int pid, const char *word)
{
    static const char *const one[] = {"memory.limit_in_bytes", "65536"}, *const two[] = {"memory.max", "65536"};
    (void)word;
    if (has("/sys/fs/cgroup/memory"))
        return in_group(pid, "/sys/fs/cgroup/memory", one, NULL);
    return in_group(pid, "/sys/fs/cgroup", two, NULL);
}
