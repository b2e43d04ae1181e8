/* exec with an argument longer than the kernel accepts. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    static char word[(128 << 10) + 1];
    memset(word, 'x', sizeof word - 1);
    target.argv[2] = word;
    play_failed_exec(target.exe, target.argv, E2BIG);
}
