/* A statically linked program. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-static");
    play_target(&target);
}
