/* return from main. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    play_target(&target);
}
