/* A program whose path has characters that have a meaning in logs, terminals or markup. */
#include "case.h"
#include "hostile_strings.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *path = in_folder(hostile_string(string_name));
    copy_program(target.exe, path);
    target.exe = path;
    play_target(&target);
}
