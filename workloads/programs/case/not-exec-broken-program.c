/* exec of a file that begins like a program and is truncated. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *path = in_folder("half");
    write_file(path, "\177ELF\2\1\1", 7, 0755);
    play_failed_exec(path, target.argv, ENOEXEC);
}
