/* A program that overwrites its arguments as soon as it runs. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    target.argv[2] = "overwrite";
    play_target(&target);
}
