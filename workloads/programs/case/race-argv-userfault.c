/* An argument in a page behind userfaultfd: it is made when it is read, for the kernel another than before. */
#include "case_race.h"

static void prepare(void)
{
    race_with(missing_page(), NULL);
    race.early = SHOWN, race.late = RUN;
}

static void act(void) { run_race(prepare); }

static void play(void) { play_race(act, 2, 2, RUN); }
