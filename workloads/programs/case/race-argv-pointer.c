/* The pointer to an argument is exchanged while the kernel copies the argument behind it. */
#include "case_race.h"

static void exchange(void) { race.argv[2] = RUN; }

static void prepare(void)
{
    race_with(SHOWN, missing_page());
    race.inside = exchange;
}

static void act(void) { run_race(prepare); }

static void play(void) { play_race(act, 2, 2, RUN); }
