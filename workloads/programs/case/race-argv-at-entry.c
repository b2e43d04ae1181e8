/* An argument is rewritten when execve has been called and the kernel has read nothing of it. */
#include "case_race.h"

static char word[] = SHOWN;

static void rewrite(void) { strcpy(word, RUN); }

static void prepare(void)
{
    race_with(word, NULL);
    race.at_entry = rewrite;
}

static void act(void) { run_race(prepare); }

static void play(void) { play_race(act, 1, 2, RUN); }
