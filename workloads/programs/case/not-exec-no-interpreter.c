/* exec of a script whose interpreter does not exist. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    play_failed_exec(write_script("script", "/no/such/interpreter"), target.argv, ENOENT);
}
