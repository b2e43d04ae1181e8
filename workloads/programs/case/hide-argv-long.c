/* One argument of 128 KiB, the longest there can be. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    static char word[128 << 10];
    memset(word, 'x', sizeof word - 1);
    target.argv[2] = word;
    play_target(&target);
}
