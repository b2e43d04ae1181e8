/* fork, and never an exec. */
#include "case.h"

static void nothing(void) {}

static void play(void)
{
    play_child(nothing, 0);
}
