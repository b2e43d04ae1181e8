/* An argument with characters that have a meaning in logs, terminals or markup. */
#include "case.h"
#include "hostile_strings.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    target.argv[2] = (char *)hostile_string(string_name);
    play_target(&target);
}
