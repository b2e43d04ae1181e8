/* A process that changes its name in the kernel to one that forges a line of /proc/PID/stat. */
#include "case.h"

static void act(void) { prctl(PR_SET_NAME, "x) R 1\n2 (y"); }

static void play(void)
{
    play_child(act, 0);
}
