/* The path is a symbolic link that is exchanged when execve has been called. */
#include "case_race.h"

static char *link_path, *other_link;

static void exchange(void) { require(rename(other_link, link_path) == 0, other_link); }

static void prepare(void)
{
    race_with(RUN, NULL);
    race.path = link_path;
    race.at_entry = exchange;
}

static void act(void) { run_race(prepare); }

static void play(void)
{
    struct command it = installed("received-dynamic");
    char *shown = in_folder("program-1"), *run = in_folder("program-2");
    link_path = in_folder("link"), other_link = in_folder("other-link");
    copy_program(it.exe, shown);
    copy_program(it.exe, run);
    require(symlink(shown, link_path) == 0 && symlink(run, other_link) == 0, link_path);
    play_race(act, 1, 2, RUN);
}
