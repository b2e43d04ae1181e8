/* forker COUNT NANOSECONDS EXEC_EVERY TRUTH: begins COUNT processes by a timetable over so long, waits for each, and
 * writes the pid of each, in order, into the file TRUTH, which is mapped and has the right size.
 * forker end CODE: ends with that code. Every EXEC_EVERY-th process executes that; the others end at once.
 *
 * Each exit code is the number of the process modulo CODES, and the wait checks it. One that is begun late leaves
 * none out. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* More that live at once are waited for. */
#define MOST_LIVE 1024
#define SECOND 1000000000u

/* scripts/soaklane/forker.py reads it. */
struct truth {
    uint64_t begun, reaped, wrong_status, most_behind_ns, started_ns, ended_ns, failed_errno, reserved;
    uint32_t pid[];
};

static struct truth *truth;
static char *program;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static void sleep_until(uint64_t due)
{
    struct timespec at = {(time_t)(due / SECOND), (long)(due % SECOND)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* The number of the process that has this pid: the last one that got it, and few are younger. */
static uint64_t number_of(pid_t pid)
{
    uint64_t number = truth->begun;
    while (number-- > 0 && truth->pid[number] != (uint32_t)pid)
        ;
    return number;
}

/* Waits for one that has ended, or with `options` 0 until one ends. */
static int reap(int options)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, options);
    if (pid <= 0)
        return 0;
    truth->reaped++;
    truth->wrong_status += status != (int)(number_of(pid) % CODES) << 8;
    return 1;
}

static void child(uint64_t number, int executes)
{
    char code[8], *args[] = {program, "end", code, NULL};
    int status = (int)(number % CODES);
    if (!executes)
        _exit(status);
    snprintf(code, sizeof code, "%d", status);
    execv(program, args);
    _exit(255);
}

static int begin(uint64_t number, int executes)
{
    pid_t pid = fork();
    if (pid == 0)
        child(number, executes);
    if (pid < 0) {
        truth->failed_errno = (uint64_t)errno;
        return 0;
    }
    truth->pid[number] = (uint32_t)pid;
    truth->begun = number + 1;
    return 1;
}

static void run(uint64_t count, uint64_t nanoseconds, uint64_t exec_every)
{
    truth->started_ns = now();
    for (uint64_t number = 0; number < count; number++) {
        uint64_t due = truth->started_ns + (uint64_t)((unsigned __int128)number * nanoseconds / count);
        while (reap(truth->begun - truth->reaped < MOST_LIVE ? WNOHANG : 0))
            ;
        uint64_t at = now();
        if (at < due)
            sleep_until(due);
        else if (at - due > truth->most_behind_ns)
            truth->most_behind_ns = at - due;
        if (!begin(number, number % exec_every == exec_every - 1))
            break;
    }
    while (reap(0))
        ;
    truth->ended_ns = now();
}

int main(int argc, char **argv)
{
    struct stat size;
    if (argc == 3)
        return atoi(argv[2]);
    int fd = argc == 5 ? open(argv[4], O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &size) < 0)
        return 2;
    truth = mmap(NULL, (size_t)size.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (truth == MAP_FAILED)
        return 2;
    program = argv[0];
    /* By default the kernel may wake a sleeping process up to 50 us late. */
    prctl(PR_SET_TIMERSLACK, 1);
    run(strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    return truth->failed_errno != 0;
}
