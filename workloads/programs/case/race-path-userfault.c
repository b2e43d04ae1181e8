/* The path is in a page behind userfaultfd: it is made when it is read, for the kernel another than before. */
#include "case_race.h"

static char *shown, *run;

static void prepare(void)
{
    race_with(RUN, NULL);
    race.path = missing_page();
    race.early = shown, race.late = run;
}

static void act(void) { run_race(prepare); }

static void play(void)
{
    struct command it = installed("received-dynamic");
    shown = in_folder("program-1"), run = in_folder("program-2");
    copy_program(it.exe, shown);
    copy_program(it.exe, run);
    play_race(act, 2, 2, RUN);
}
