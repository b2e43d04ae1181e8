/* exit, which runs exit handlers first. */
#include "case.h"

static void act(void)
{
    exit(3);
}

static void play(void)
{
    play_child(act, EXIT_CODE(3));
}
