/* The program's file gets another name, and another file gets its own, while the kernel copies arguments. */
#include "case_race.h"

static char *path, *away, *other;

static void exchange(void) { require(rename(path, away) == 0 && rename(other, path) == 0, path); }

static void prepare(void)
{
    race_with(RUN, missing_page());
    race.path = path;
    race.inside = exchange;
}

static void act(void) { run_race(prepare); }

static void play(void)
{
    struct command it = installed("received-dynamic");
    path = in_folder("program"), away = in_folder("away"), other = in_folder("other");
    copy_program(it.exe, path);
    copy_program(it.exe, other);
    play_race(act, 2, 2, RUN);
}
