/* An argument is rewritten while the kernel copies the one behind it. */
#include "case_race.h"

static char word[] = SHOWN;

static void rewrite(void) { strcpy(word, RUN); }

static void prepare(void)
{
    race_with(word, missing_page());
    race.inside = rewrite;
}

static void act(void) { run_race(prepare); }

static void play(void) { play_race(act, 2, 2, RUN); }
