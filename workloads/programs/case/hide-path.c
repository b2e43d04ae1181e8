/* A program whose path has characters in it that mean something to somebody. */
#include "case.h"
#include "hostile_strings.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    char *there = in_folder(nasty(with));
    copy(target.exe, there);
    target.exe = there;
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
