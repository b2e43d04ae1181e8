/* A program on a file system that no other namespace has mounted. */
#include "case.h"

#include <sys/mount.h>

static struct command target;
static char *tree, *path;
static u32 id[2];

/* In a new user namespace no user exists until it is mapped. */
static void map_own_user(void)
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
    leave_namespaces(CLONE_NEWNS);
    map_own_user();
    require(mount("rollcall", tree, "tmpfs", 0, NULL) == 0, "mount");
    copy_program(target.exe, path);
    execv(path, target.argv);
    fail_case(path);
}

static void play(void)
{
    struct command inside = installed("target-dynamic");
    target = inside;
    tree = in_folder("tree");
    require(mkdir(tree, 0755) == 0, tree);
    inside.exe = joined(tree, "/", "target");
    path = inside.exe;
    id[0] = getuid(), id[1] = getgid();
    pid_t pid = start_child(act);
    log_life(pid, &inside, wait_for(pid, TARGET_STATUS));
}
