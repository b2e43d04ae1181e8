/* What the kernel tells the parent of a process that is frozen or has no CPU time, and, to compare, of one that
 * is stopped. */
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "act.h"

#define LIMIT_MS 1000

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* Says within how many milliseconds waitid or the pidfd told something of the child, or that neither did. */
static void listen_to(int child, const char *what)
{
    double began = now_ms();
    int fd = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd one = {.fd = fd, .events = POLLIN};
    int waited = 0, polled = 0;
    while (!waited && !polled && now_ms() - began < LIMIT_MS) {
        siginfo_t info = {0};
        waitid(P_PID, (id_t)child, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT);
        waited = info.si_pid == child;
        polled = fd >= 0 && poll(&one, 1, 1) > 0;
    }
    if (waited || polled)
        printf("%s: %s told after %.0f ms\n", what, waited ? "waitid" : "the pidfd", now_ms() - began);
    else
        printf("%s: neither waitid nor the pidfd told anything for %d ms\n", what, LIMIT_MS);
    if (fd >= 0)
        close(fd);
}

static int child_that_runs(void)
{
    int child = fork();
    if (child == 0) {
        /* Whoever reads what the parent says must see its end, also while this one is frozen. */
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        for (;;)
            ;
    }
    return child;
}

/* WORD: frozen, starved or stopped. What holds the child is put back by who calls. */
int probe(int pid, const char *word)
{
    (void)pid;
    int child = child_that_runs();
    if (child < 0)
        return answered(0, "fork");
    int code = strcmp(word, "frozen") == 0 ? freeze_reader(child, "") :
               strcmp(word, "starved") == 0 ? starve_cpu(child, "") : stop_reader(child, "");
    if (code == DONE)
        listen_to(child, word);
    fflush(stdout);
    /* A frozen one takes the signal when it is thawed. */
    kill(child, SIGKILL);
    return code;
}
