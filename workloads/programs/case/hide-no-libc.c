/* A program without any C library. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-nolibc");
    play_target(&target);
}
