/* A program on a file system that nobody else has mounted. */
#include "case.h"

#include <sys/mount.h>

static struct command target;
static char *tree, *path;
static u32 id[2];

/* In a new user namespace nobody is anybody until it is said who is who. */
static void stay_who_i_am(void)
{
    char user[64], group[64];
    snprintf(user, sizeof user, "%d %d 1", (int)id[0], (int)id[0]);
    snprintf(group, sizeof group, "%d %d 1", (int)id[1], (int)id[1]);
    write_file("/proc/self/setgroups", "deny", 4, 0);
    write_file("/proc/self/uid_map", user, strlen(user), 0);
    write_file("/proc/self/gid_map", group, strlen(group), 0);
}

static void act(void)
{
    unshare_all(CLONE_NEWNS);
    stay_who_i_am();
    must(mount("rollcall", tree, "tmpfs", 0, NULL) == 0, "mount");
    copy(target.exe, path);
    execv(path, target.argv);
    broken(path);
}

static void play(void)
{
    struct command inside = command("target-dynamic");
    target = inside;
    tree = in_folder("tree");
    must(mkdir(tree, 0755) == 0, tree);
    inside.exe = joined(tree, "/", "target");
    path = inside.exe;
    id[0] = getuid(), id[1] = getgid();
    pid_t pid = actor(act);
    told_life(pid, &inside, finish(pid, TARGET_ENDS));
}
