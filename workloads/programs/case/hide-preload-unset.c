/* A program that removes LD_PRELOAD from its environment before it executes another. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    unsetenv("LD_PRELOAD");
    play_target(&target);
}
