/* Makes events in one way or another, and says on stdout which events must be reported:
 * "fork PID PPID", "exec PID PPID EXE ARG|ARG|", "exit PID CODE". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static char *target;
static char target_exe[4096];
static char *interpreter;
static int broken;

/* dprintf takes the locks of stdio, and a signal handler that comes while they are held waits for
 * ever: a line of numbers is printed into a buffer, which takes none. */
static void say(const char *format, int one, int two) {
    char line[128];
    int length = snprintf(line, sizeof line, format, one, two);
    if (write(1, line, length) != length)
        abort();
}

static void say_exec(pid_t pid, pid_t ppid, const char *exe, char *const *argv) {
    char line[65536];
    int at = snprintf(line, sizeof line, "exec %d %d %s ", pid, ppid, exe);
    for (; *argv; argv++)
        at += snprintf(line + at, sizeof line - at, "%s|", *argv);
    line[at++] = '\n';
    if (write(1, line, at) != at)
        abort();
}

/* A script is executed by its interpreter, whose arguments are its own name, the script's, and what
 * follows the first word. */
static void say_exe(pid_t pid, char *const *argv) {
    char path[4096], *script[64] = {interpreter, target};
    if (!realpath(target, path)) abort();
    if (!strcmp(path, target_exe)) {
        say_exec(pid, getpid(), target_exe, argv);
        return;
    }
    for (int i = 1; argv[i]; i++) script[i + 1] = argv[i];
    say_exec(pid, getpid(), target_exe, script);
}

/* A child that was seen to be born, to run the target and, unless it is silent, to end. */
static void child(pid_t pid, char *const *argv, int code) {
    int status;
    say("fork %d %d\n", pid, getpid());
    if (argv)
        say_exe(pid, argv);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != (code & 255)) {
        say("broken: %d ended with %x\n", pid, status);
        broken = 1;
    }
    if (code < 256)
        say("exit %d %d\n", pid, code);
}
#define SILENT 256

static int leave(void *code) { _exit((int)(long)code); }
static int quiet(void *unused) { return *(int *)unused * 0; }
static void *one(void *mode);
static void ends(const char *how, int code) {
    if (!strcmp(how, "exit")) exit(code);
    if (!strcmp(how, "_exit")) _exit(code);
    if (!strcmp(how, "_Exit")) _Exit(code);
    if (!strcmp(how, "quick_exit")) quick_exit(code);
    if (!strcmp(how, "thread")) { pthread_t t; pthread_create(&t, 0, one, (void *)(long)code); pthread_exit(0); }
}
static void *one(void *code) { exit((int)(long)code); return 0; }

static void execs(const char *how, char *const *argv) {
    char path[4096];
    char *base = strrchr(target, '/') + 1;
    int fd;
    snprintf(path, sizeof path, "%.*s", (int)(base - 1 - target), target);
    if (!strcmp(how, "execl")) execl(target, "t", "7", "", "é", NULL);
    if (!strcmp(how, "execle")) execle(target, "t", "7", "", "é", NULL, environ);
    if (!strcmp(how, "execv")) execv(target, argv);
    if (!strcmp(how, "execve")) execve(target, argv, environ);
    if (!strcmp(how, "execveat")) execveat(open(path, O_PATH), base, argv, environ, 0);
    if (!strcmp(how, "execempty")) execveat(open(target, O_PATH), "", argv, environ, AT_EMPTY_PATH);
    if (!strcmp(how, "fexecve")) fd = open(target, O_RDONLY), fexecve(fd, argv, environ);
    if (!strcmp(how, "relative") && !chdir(path)) execv(base, argv);
    if (!strcmp(how, "syscall")) syscall(SYS_execve, target, argv, environ);
    setenv("PATH", strcat(strcpy(path + 2000, "/nowhere::/etc:"), path), 1);
    if (!strcmp(how, "execlp")) execlp(base, "t", "7", "", "é", NULL);
    if (!strcmp(how, "execvp")) execvp(base, argv);
    if (!strcmp(how, "execvpe")) execvpe(base, argv, environ);
}

static void fails(int (*call)(void), int error) {
    errno = 0;
    if (call() != -1 || errno != error)
        say("broken: errno %d instead of %d\n", errno, error), broken = 1;
}
static char *nothing[] = {"x", NULL}, *huge[3] = {"x", NULL, NULL};
static int gone(void) { return execv("/nowhere/x", nothing); }
static int notdir(void) { return execl("/etc/passwd/x", "x", NULL); }
static int noexec(void) { return execv("/etc/passwd", nothing); }
static int nopath(void) { return execvp("no-such-program", nothing); }
static int nullpath(void) { return execve(NULL, nothing, environ); }
static int toobig(void) { return execv(target, huge); }
static int badfd(void) { return fexecve(99, nothing, environ); }

static void failures(void) {
    huge[1] = malloc(200000);
    memset(huge[1], 'x', 199999), huge[1][199999] = 0;
    fails(gone, ENOENT), fails(notdir, ENOTDIR), fails(noexec, EACCES), fails(nopath, ENOENT);
    fails(nullpath, EFAULT), fails(toobig, E2BIG), fails(badfd, EBADF);
    pid_t pid;
    if (posix_spawn(&pid, "/nowhere/x", 0, 0, nothing, environ) != ENOENT ||
        posix_spawnp(&pid, "no-such-program", 0, 0, nothing, environ) != ENOENT)
        say("broken: posix_spawn %d, errno %d\n", pid, errno), broken = 1;
    errno = 77;
    pid = fork();
    if (errno != 77) say("broken: fork changed errno %d to %d\n", 77, errno), broken = 1;
    if (!pid) _exit(0);
    child(pid, 0, 0);
}

/* Pointers to nowhere: the kernel's answer, and no signal, is what a caller must get. Two of them are
 * behind the last byte of a page that can be read. */
static char *wild = (char *)8, *edge;
static char **wild_list, **edge_list, *bad_first[2], *bad_second[3];
static int wild_path(void) { return execve(wild, nothing, environ); }
static int edge_path(void) { return execv(edge, nothing); }
static int wild_argv(void) { return execve(target, wild_list, environ); }
static int edge_argv(void) { return execv(target, edge_list); }
static int first_word(void) { return execv(target, bad_first); }
static int second_word(void) { return execve(target, bad_second, environ); }
static int edge_word(void) { bad_second[1] = edge; return execve(target, bad_second, environ); }
static int wild_envp(void) { return execve(target, nothing, wild_list); }
static int at_wild(void) { return execveat(AT_FDCWD, wild, nothing, environ, 0); }
static int at_empty_wild(void) { return execveat(AT_FDCWD, wild, nothing, environ, AT_EMPTY_PATH); }
static int fd_argv(void) { return fexecve(open(target, O_RDONLY | O_CLOEXEC), wild_list, environ); }
static int list_word(void) { return execl(target, "x", wild, NULL); }
static int search_argv(void) { return execvp("true", wild_list); }

static void spawn_fails(int error, int expected) {
    if (error != expected)
        say("broken: posix_spawn %d instead of %d\n", error, expected), broken = 1;
}

static void pointers(void) {
    char *pages = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE)) abort();
    memset(pages, 'x', 4096);
    edge = pages + 4095;
    wild_list = (char **)wild, edge_list = (char **)(pages + 4096 - sizeof(char *));
    bad_first[0] = wild, bad_second[0] = "x", bad_second[1] = wild;
    fails(wild_path, EFAULT), fails(edge_path, EFAULT), fails(wild_argv, EFAULT);
    fails(first_word, EFAULT), fails(second_word, EFAULT);
    fails(edge_word, EFAULT), fails(wild_envp, EFAULT), fails(at_wild, EFAULT);
    fails(at_empty_wild, EFAULT), fails(fd_argv, EFAULT), fails(list_word, EFAULT);
    fails(search_argv, EFAULT);
    edge_list[0] = "x";
    fails(edge_argv, EFAULT);
    /* The C library itself looks at the list of a spawn. */
    pid_t pid;
    bad_second[1] = wild;
    spawn_fails(posix_spawn(&pid, wild, 0, 0, nothing, environ), EFAULT);
    spawn_fails(posix_spawn(&pid, target, 0, 0, bad_second, environ), EFAULT);
}

static volatile int alarms;
static void on_alarm(int number) {
    (void)number;
    int error = errno;
    pid_t pid = _Fork();
    if (pid == 0) _exit(9);
    alarms++;
    child(pid, 0, 9);
    errno = error;
}
static void *worker(void *argv) {
    for (int turn = 0; turn < 40; turn++) {
        pid_t pid = turn & 1 ? vfork() : fork();
        if (!pid) { execv(target, argv); _exit(1); }
        child(pid, argv, 7);
        if (posix_spawn(&pid, target, 0, 0, argv, environ)) abort();
        child(pid, argv, 7);
    }
    return 0;
}
static void stress(char *const *argv) {
    pthread_t threads[4];
    sigset_t alarm_only;
    struct itimerval every = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm, .sa_flags = SA_RESTART}, 0);
    setitimer(ITIMER_REAL, &every, 0);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, worker, (void *)argv);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
    setitimer(ITIMER_REAL, &never, 0);
    sigemptyset(&alarm_only), sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm_only, 0);
}

static char stack[65536];
static void mode(char *name, char *how, char **rest) {
    char *argv[] = {"t", "7", "", "é", NULL}, **use = *rest ? rest : argv;
    pid_t pid = -1;
    int silent = strstr(target, "static") ? SILENT : 0;
    if (!strcmp(name, "fork")) {
        if (!(pid = fork())) ends(how, 5);
        child(pid, 0, 5);
    } else if (!strcmp(name, "vfork")) {
        if (!(pid = vfork())) _exit(5);
        child(pid, 0, 5);
    } else if (!strcmp(name, "clone")) {
        pid = clone(leave, stack + sizeof stack, SIGCHLD, (void *)4);
        child(pid, 0, 4);
        int unused = 0;
        clone(quiet, stack + 32768, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FILES | CLONE_FS, &unused);
        usleep(1000);
    } else if (!strcmp(name, "forkexec")) {
        if (!(pid = fork())) { execs(how, use); _exit(1); }
        child(pid, use, 7 | silent);
    } else if (!strcmp(name, "vforkexec")) {
        if (!(pid = vfork())) { execs(how, use); _exit(1); }
        child(pid, use, 7 | silent);
    } else if (!strcmp(name, "cleared")) {
        char *none[] = {NULL};
        if (!(pid = fork())) { execve(target, use, none); _exit(1); }
        child(pid, use, 7 | SILENT);
    } else if (!strcmp(name, "spawn")) {
        if (posix_spawn(&pid, target, 0, 0, use, environ)) abort();
        child(pid, use, 7 | silent);
    } else if (!strcmp(name, "spawnp")) {
        if (posix_spawnp(&pid, "env", 0, 0, (char *[]){"env", target, "7", NULL}, environ)) abort();
        say_exec(pid, getpid(), "/usr/bin/env", (char *[]){"env", target, "7", NULL});
        child(pid, (char *[]){target, "7", NULL}, 7);
    } else if (!strcmp(name, "system")) {
        char line[4096];
        snprintf(line, sizeof line, "'%s' 8 parent; exit 3", target);
        if (WEXITSTATUS(system(line)) != 3) abort();
    } else if (!strcmp(name, "popen")) {
        char line[4096];
        snprintf(line, sizeof line, "'%s' 8 parent; exit 3", target);
        FILE *pipe = popen(line, "r");
        for (int c; (c = fgetc(pipe)) != EOF;) putchar(c);
        fflush(stdout);
        if (WEXITSTATUS(pclose(pipe)) != 3) abort();
    } else if (!strcmp(name, "failures")) {
        failures();
    } else if (!strcmp(name, "pointers")) {
        pointers();
    } else if (!strcmp(name, "stress")) {
        stress(use);
    } else if (strcmp(name, "nothing")) {
        abort();
    }
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    target = argv[1];
    interpreter = argv[2];
    if (!realpath(argv[2], target_exe)) return 2;
    char self[4096];
    memset(self, 0, sizeof self);
    self[readlink("/proc/self/exe", self, sizeof self - 1)] = 0;
    say("fork %d %d\n", getpid(), getppid());
    say_exec(getpid(), getppid(), self, argv);
    mode(argv[3], argv[4], argv + 5);
    say("exit %d %d\n", getpid(), broken);
    return broken;
}
