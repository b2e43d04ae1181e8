/* tell NONCE UNIFIED: says of itself, through the descriptor TELL_FD, what any monitor may tell of
 * it, and ends with the code of target.c. UNIFIED is where control groups of version 2 are mounted.
 *
 * Numbers of sessions and pids are those of the pid namespace of /proc, but for its own pid in its own
 * namespace. It does not know when it was made: its parent does. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "syscalls.h"
#include "tells.h"

#define CODE 7

static struct told told;
static char text[1 << 14];

static void __attribute__((noreturn)) fail(const char *what)
{
    dprintf(2, "tell: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static void put(const void *bytes, size_t length)
{
    if (told.length + length > sizeof told.details)
        fail("too much to tell");
    memcpy(told.details + told.length, bytes, length);
    told.length += (u32)length;
}

static void put_number(unsigned char field, u64 number)
{
    put(&field, 1);
    put(&number, sizeof number);
}

static void put_text(unsigned char field, const char *value)
{
    uint16_t length = (uint16_t)strlen(value);
    put(&field, 1);
    put(&length, sizeof length);
    put(value, length);
}

static char *content(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (length < 0)
        fail(path);
    close(file);
    text[length] = 0;
    return text;
}

/* The control group: the line of version 2 names its folder below the mount. */
static u64 cgroup(const char *unified)
{
    struct stat about;
    char path[PATH_MAX], *line = content("/proc/self/cgroup");
    while (line && strncmp(line, "0::", 3) != 0)
        line = (line = strchr(line, '\n')) ? line + 1 : NULL;
    if (!line)
        fail("/proc/self/cgroup has no line of version 2");
    *strchrnul(line, '\n') = 0;
    snprintf(path, sizeof path, "%s%s", unified, line + 3);
    if (stat(path, &about) != 0)
        fail(path);
    return about.st_ino;
}

/* The kernel's name of a terminal by its number. */
static const char *terminal(unsigned number)
{
    static char name[32] = "";
    /* As /proc packs it: the high bits of the minor number lie above the major. */
    unsigned major = number >> 8 & 0xfff, minor = (number & 0xff) | (number >> 12 & 0xfff00);
    if (major >= 136 && major <= 143)
        snprintf(name, sizeof name, "pts%u", (major - 136) * 256 + minor);
    else if (number != 0)
        fail("its terminal is not a pseudo-terminal");
    return name;
}

int main(int argc, char **argv)
{
    struct stat ns;
    char comm[17] = "", cwd[PATH_MAX];
    unsigned session = 0, tty = 0;
    if (argc != 3)
        return 124;
    char *about = content("/proc/self/stat"), *rest = strrchr(about, ')');
    told.pid = (u32)strtoul(about, NULL, 10);
    if (!rest || sscanf(rest, ") %*c %*d %*d %u %u", &session, &tty) != 2)
        fail("/proc/self/stat");
    if (prctl(PR_GET_NAME, comm) != 0 || !getcwd(cwd, sizeof cwd) || stat("/proc/self/ns/pid", &ns) != 0)
        fail("cannot look at itself");
    put_text(TOLD_PATH, (const char *)getauxval(AT_EXECFN));
    put_text(TOLD_COMM, comm);
    put_text(TOLD_CWD, cwd);
    put_number(TOLD_UID, getuid());
    put_number(TOLD_EUID, geteuid());
    put_number(TOLD_GID, getgid());
    put_number(TOLD_AUID, strtoul(content("/proc/self/loginuid"), NULL, 10));
    put_number(TOLD_SESSION, session);
    put_text(TOLD_TTY, terminal(tty));
    put_number(TOLD_CGROUP, cgroup(argv[2]));
    put_number(TOLD_PID_NS, ns.st_ino);
    put_number(TOLD_INNER_PID, (u64)getpid());
    size_t length = offsetof(struct told, details) + told.length;
    return write(TELL_FD, &told, length) == (ssize_t)length ? CODE : 1;
}
