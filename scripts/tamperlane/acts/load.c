/* What a process does by what it itself runs: floods, and false events. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "act.h"

/* Processes by two parents, as fast as there is a CPU for them; `word` is how many. */
int flood(int pid, const char *word)
{
    int each = atoi(word) / 2;
    (void)pid;
    for (int parent = 0; parent < 2; parent++) {
        if (fork() != 0)
            continue;
        for (int i = 0; i < each; i++) {
            pid_t child = vfork();
            if (child == 0)
                _exit(0);
            if (child > 0)
                waitpid(child, NULL, 0);
        }
        _exit(0);
    }
    while (wait(NULL) > 0)
        ;
    return DONE;
}

/* Calls the library's execve with the word as an argument, in a process that the kernel kills at the entry of
 * the call: the library has told of an exec that never comes. */
int forge_exec(int pid, const char *word)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    char *argv[] = {"true", (char *)word, NULL};
    (void)pid;
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            _exit(REFUSED);
        execv("/bin/true", argv);
        _exit(REFUSED);
    }
    int status = 0;
    waitpid(child, &status, 0);
    errno = EPERM;
    return answered(WIFSIGNALED(status), "seccomp");
}

/* Zeros over all of the ring, whose file is `word`, five times in a second. */
int scribble(int pid, const char *word)
{
    int file = open(word, O_RDWR | O_CLOEXEC);
    struct stat about;
    (void)pid;
    if (file < 0 || fstat(file, &about) != 0)
        return answered(0, word);
    char *all = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (all == MAP_FAILED)
        return answered(0, "mmap");
    memset(all, 0, (size_t)about.st_size);
    return DONE;
}

/* A program without the C library's functions executes another: nothing to hook. The act itself is static. */
int run_static(int pid, const char *word)
{
    (void)pid;
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "act", "linger", "0", word, NULL);
        _exit(REFUSED);
    }
    int status = 0;
    return answered(child > 0 && waitpid(child, &status, 0) == child && status == 0, "execve");
}

/* What is executed to be reported: long enough for a look-up in /proc. */
int linger(int pid, const char *word)
{
    (void)pid, (void)word;
    usleep(40000);
    return DONE;
}

/* Finds the library in its own maps, and steps around it: system calls without the C library, and an
 * environment without it. */
int step_around(int pid, const char *word)
{
    char line[512], *argv[] = {"true", (char *)word, NULL}, *none[] = {NULL};
    int found = 0, status = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    (void)pid;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        found += strstr(line, "rollcall") != NULL;
    if (maps != NULL)
        fclose(maps);
    if (found == 0) {
        errno = ENOENT;
        return answered(0, "the library is not in /proc/self/maps");
    }
#ifdef SYS_fork
    long child = syscall(SYS_fork);
#else
    long child = syscall(SYS_clone, 17 /* SIGCHLD */, 0, 0, 0, 0);
#endif
    if (child == 0) {
        syscall(SYS_execve, "/bin/true", argv, none);
        syscall(SYS_exit_group, REFUSED);
    }
    syscall(SYS_wait4, child, &status, 0, 0);
    return answered(child > 0 && status == 0, "execve");
}
