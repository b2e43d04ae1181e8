/* What will exec make of this path?
 *
 * Asked before the call, because afterwards the process is another. It gives the path as
 * /proc/PID/exe will name it, and spares a record for most calls that are going to fail. Only
 * regular files are opened, so looking has no effect of its own; no descriptor stays. */
#define _GNU_SOURCE
#include "kernel.h"
#include "rollcall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define LINK_BYTES 32

/* "/proc/self/fd/N"; snprintf is not safe in a signal handler. */
static void link_of(int fd, char *link) {
    memcpy(link, "/proc/self/fd/", 14);
    char digits[12];
    int count = 0;
    do
        digits[count++] = (char)('0' + fd % 10);
    while ((fd /= 10) > 0);
    for (int place = 0; place < count; place++)
        link[14 + place] = digits[count - 1 - place];
    link[14 + count] = '\0';
}

static enum look kind_of(const char *path) {
    char magic[4] = "";
    int fd = rollcall_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) /* A script that cannot be read cannot run, so this is none. */
        return fd == -EACCES ? LOOK_ELF : LOOK_UNSEEN;
    long count = kernel(SYS_read, fd, (long)magic, sizeof magic, 0);
    kernel(SYS_close, fd, 0, 0, 0);
    if (count == 4 && memcmp(magic, "\177ELF", 4) == 0)
        return LOOK_ELF;
    return count >= 2 && magic[0] == '#' && magic[1] == '!' ? LOOK_SCRIPT : LOOK_OTHER;
}

static bool is_name(const char *part) {
    if (part[0] == '.')
        part += part[1] == '.' ? 2 : 1;
    return *part != '\0';
}

/* A process in another root (chroot) mostly finds no /proc there and could not ask it; to it a path is
 * not what it is to the rest of the machine. Its root is number 1 in its file system. */
static bool proc_is_here(void) {
    struct stat proc;
    return rollcall_lstat("/proc", &proc) == 0 && proc.st_ino == 1;
}

size_t rollcall_straight(const char *path, char *exe, struct stat *file) {
    if (*path != '/' || !proc_is_here())
        return 0;
    size_t at = 0;
    while (path[at] == '/') {
        size_t part = at + 1;
        do {
            if (at == EXE_MOST - 1)
                return 0;
            exe[at] = path[at];
            at++;
        } while (path[at] != '/' && path[at] != '\0');
        exe[at] = '\0';
        if (!is_name(exe + part) || rollcall_lstat(exe, file) != 0 || S_ISLNK(file->st_mode))
            return 0;
    }
    return path[at] == '\0' ? at : 0;
}

/* `path` led to it, from the root or from wherever; NULL where there is none. */
static void look_at(int fd, const char *path, struct seen *seen) {
    struct stat file, there;
    char link[LINK_BYTES];
    if (rollcall_fstat(fd, &file) != 0)
        return;
    if (!S_ISREG(file.st_mode) || (file.st_mode & 0111) == 0) {
        seen->look = LOOK_REFUSED;
        return;
    }
    long bytes = path != NULL ? (long)rollcall_straight(path, seen->exe, &there) : 0;
    bool straight = bytes > 0 && there.st_ino == file.st_ino && there.st_dev == file.st_dev;
    if (!straight)
        link_of(fd, link);
    enum look look = kind_of(straight ? path : link);
    if (look != LOOK_ELF)
        bytes = 0;
    else if (!straight)
        bytes = kernel(SYS_readlinkat, AT_FDCWD, (long)link, (long)seen->exe, sizeof seen->exe);
    if (bytes < 0)
        return;
    seen->look = look;
    seen->bytes = (size_t)bytes;
    seen->cut = seen->bytes == sizeof seen->exe;
}

/* `flags` are those of execveat. */
void rollcall_look(int dir, const char *path, int flags, struct seen *seen) {
    seen->look = LOOK_UNSEEN, seen->bytes = 0, seen->cut = false;
    if (!rollcall_active() || path == NULL)
        return;
    if ((flags & AT_EMPTY_PATH) && rollcall_reaches_text(path) && *path == '\0') {
        look_at(dir, NULL, seen);
    } else {
        int follow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
        int fd = rollcall_openat(dir, path, O_PATH | O_CLOEXEC | follow);
        if (fd >= 0) {
            look_at(fd, path, seen);
            kernel(SYS_close, fd, 0, 0, 0);
        } else if (fd == -ENOENT || fd == -ENOTDIR || fd == -EACCES || fd == -ELOOP ||
                   fd == -ENAMETOOLONG) {
            seen->look = LOOK_REFUSED;
        }
    }
}

/* As execvp and posix_spawnp search: the first directory of PATH that has it. */
void rollcall_search(const char *name, struct seen *seen) {
    seen->look = LOOK_UNSEEN, seen->bytes = 0, seen->cut = false;
    if (!rollcall_active() || !rollcall_reaches_text(name))
        return;
    if (strchr(name, '/') != NULL) {
        rollcall_look(AT_FDCWD, name, 0, seen);
        return;
    }
    const char *dirs = getenv("PATH");
    size_t name_bytes = strlen(name) + 1;
    seen->look = LOOK_REFUSED;
    for (dirs = dirs != NULL ? dirs : "/bin:/usr/bin"; *name != '\0'; dirs++) {
        const char *end = strchrnul(dirs, ':');
        size_t dir_bytes = (size_t)(end - dirs);
        char path[EXE_MOST];
        if (dir_bytes + 1 + name_bytes > sizeof path) {
            seen->look = LOOK_UNSEEN;
            return;
        }
        memcpy(path, dirs, dir_bytes);
        path[dir_bytes] = '/';
        memcpy(path + dir_bytes + (dir_bytes > 0), name, name_bytes);
        rollcall_look(AT_FDCWD, path, 0, seen);
        if (seen->look != LOOK_REFUSED || *end == '\0')
            return;
        dirs = end;
    }
}
