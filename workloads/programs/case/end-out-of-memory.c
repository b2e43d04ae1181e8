/* Killed because its control group has used up its memory. */
#include "case.h"

/* More than the limit of a case, and little enough for any machine. */
#define BYTES ((size_t)1 << 30)

static void act(void)
{
    /* The kernel's first choice. */
    write_file("/proc/self/oom_score_adj", "1000", 4, 0);
    char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED, "mmap");
    for (size_t at = 0; at < BYTES; at += 4096)
        memory[at] = 1;
    unavailable("a control group that limits memory", "run as root, with control groups mounted");
}

static void play(void)
{
    play_child(act, SIGKILL);
}
