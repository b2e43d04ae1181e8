/* exec of a file without execute permission. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *path = in_folder("plain");
    write_file(path, "#!/bin/sh\n", 10, 0644);
    play_failed_exec(path, target.argv, EACCES);
}
