/* fork in a control group that has as many tasks as it may. */
#include "case.h"

/* More than the fence gives this workload. */
#define MOST 256

static pid_t *ids;

static void *thread(void *unused)
{
    ids[__atomic_fetch_add(&board->flag, 1, __ATOMIC_SEQ_CST)] = (pid_t)syscall(SYS_gettid);
    for (;;)
        pause();
    return unused;
}

/* My runner has a second thread, which must be there before there is no room any more. */
static void wait_for_runner(void)
{
    char path[64];
    struct stat tasks;
    snprintf(path, sizeof path, "/proc/%d/task", (int)getppid());
    while (stat(path, &tasks) == 0 && tasks.st_nlink < 2 + 2)
        usleep(100);
}

/* Threads take up room as processes do, and are no events. */
static void act(void)
{
    pthread_t one;
    u32 made = 0;
    while (made < MOST && pthread_create(&one, NULL, thread, NULL) == 0)
        made++;
    if (made == MOST)
        cannot("a control group that limits tasks", "run as root, with control groups mounted");
    meet(made);
    must(fork() < 0 && errno == EAGAIN, "fork");
}

static void play(void)
{
    ids = mmap(NULL, MOST * sizeof *ids, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(ids != MAP_FAILED, "mmap");
    wait_for_runner();
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
    for (u32 i = 0; i < board->flag; i++)
        told_owned(ids[i]);
}
