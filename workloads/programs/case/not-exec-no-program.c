/* exec of an executable file that is no program. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *path = in_folder("noise");
    write_file(path, "\0\1\2\3noise", 9, 0755);
    play_failed_exec(path, target.argv, ENOEXEC);
}
