/* exec of a file that does not exist. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    play_failed_exec(in_folder("missing"), target.argv, ENOENT);
}
