/* exit with a code that does not fit into what waitpid gives. */
#include "case.h"

static void act(void)
{
    _exit(0x1203);
}

static void play(void)
{
    play_child(act, EXIT_CODE(3));
}
