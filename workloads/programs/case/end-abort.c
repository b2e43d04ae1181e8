/* abort. No core file is written, whatever the machine's settings are. */
#include "case.h"

static void act(void)
{
    prctl(PR_SET_DUMPABLE, 0);
    abort();
}

static void play(void)
{
    play_child(act, SIGABRT);
}
