/* A file that exists, with a name that ends in what the kernel adds to those of deleted files. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *path = in_folder("target (deleted)");
    copy_program(target.exe, path);
    target.exe = path;
    play_target(&target);
}
