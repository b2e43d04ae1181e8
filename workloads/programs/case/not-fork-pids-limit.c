/* fork in a control group that has reached its limit of tasks. */
#include "case.h"

/* More than the limit of this workload. */
#define THREADS 256

static pid_t *ids;

static void *thread(void *unused)
{
    ids[__atomic_fetch_add(&shared->flag, 1, __ATOMIC_SEQ_CST)] = (pid_t)syscall(SYS_gettid);
    for (;;)
        pause();
    return unused;
}

/* The runner has a second thread, which must exist before the limit is reached. */
static void wait_for_runner(void)
{
    char path[64];
    struct stat tasks;
    snprintf(path, sizeof path, "/proc/%d/task", (int)getppid());
    while (stat(path, &tasks) == 0 && tasks.st_nlink < 2 + 2)
        usleep(100);
}

/* Threads count as processes do, and are no events. */
static void act(void)
{
    pthread_t one;
    u32 made = 0;
    while (made < THREADS && pthread_create(&one, NULL, thread, NULL) == 0)
        made++;
    if (made == THREADS)
        unavailable("a control group that limits tasks", "run as root, with control groups mounted");
    wait_for_flag(made);
    require(fork() < 0 && errno == EAGAIN, "fork");
}

static void play(void)
{
    ids = mmap(NULL, THREADS * sizeof *ids, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(ids != MAP_FAILED, "mmap");
    wait_for_runner();
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, 0));
    for (u32 i = 0; i < shared->flag; i++)
        log_owned(ids[i]);
}
