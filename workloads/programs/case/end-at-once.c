/* _exit: no exit handler runs. */
#include "case.h"

static void act(void)
{
    _exit(3);
}

static void play(void)
{
    play_child(act, EXIT_CODE(3));
}
