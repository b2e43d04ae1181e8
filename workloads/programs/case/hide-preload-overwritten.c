/* A program that sets LD_PRELOAD to a library of its own. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    setenv("LD_PRELOAD", "libc.so.6", 1);
    play_target(&target);
}
