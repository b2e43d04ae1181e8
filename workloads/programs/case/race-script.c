/* A script is exchanged for another, with another interpreter, while the kernel copies the arguments: after
 * the file is opened and before it is read, on kernels that open it first. */
#include "case_race.h"

static char *script, *other;

static void exchange(void) { require(rename(other, script) == 0, other); }

static void prepare(void)
{
    race_with(RUN, missing_page());
    race.path = script;
    race.inside = exchange;
}

static void act(void) { run_race(prepare); }

static void play(void)
{
    struct command it = installed("received-dynamic");
    char *first = in_folder("interpreter-1"), *second = in_folder("interpreter-2");
    copy_program(it.exe, first);
    copy_program(it.exe, second);
    script = write_script("script", first), other = write_script("other", second);
    play_race(act, 2, 3, RUN);
}
