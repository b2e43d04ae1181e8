/* Killed by a fault of its own. No core file is written, whatever the machine's settings are. */
#include "case.h"

static void act(void)
{
    prctl(PR_SET_DUMPABLE, 0);
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

static void play(void)
{
    play_child(act, SIGSEGV);
}
