/* A program whose argv[0] is the name of a kernel thread. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    target.argv[0] = "[kworker/0:1]";
    play_target(&target);
}
