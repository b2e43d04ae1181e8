/* The path is rewritten when execve has been called and the kernel has read nothing of it. */
#include "case_race.h"

static char *path;

static void rewrite(void) { path[strlen(path) - 1] = '2'; }

static void prepare(void)
{
    race_with(RUN, NULL);
    race.path = path;
    race.at_entry = rewrite;
}

static void act(void) { run_race(prepare); }

static void play(void)
{
    struct command it = installed("received-dynamic");
    path = in_folder("program-1");
    copy_program(it.exe, path);
    copy_program(it.exe, in_folder("program-2"));
    play_race(act, 1, 2, RUN);
}
