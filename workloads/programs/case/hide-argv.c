/* Arguments with characters in them that mean something to somebody. */
#include "case.h"
#include "hostile_strings.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    target.argv[2] = (char *)nasty(with);
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
