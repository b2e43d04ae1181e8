/* Killed because its control group has used up its memory. */
#include "case.h"

/* More than the fence gives any workload, and never so much that a machine would suffer. */
#define MOST ((size_t)1 << 30)

static void act(void)
{
    /* If anybody must go, me. */
    write_file("/proc/self/oom_score_adj", "1000", 4, 0);
    char *memory = mmap(NULL, MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(memory != MAP_FAILED, "mmap");
    for (size_t at = 0; at < MOST; at += 4096)
        memory[at] = 1;
    cannot("a control group that limits memory", "run as root, with control groups mounted");
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, SIGKILL));
}
