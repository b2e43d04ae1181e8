/* containers NONCE PROGRAMS SCRATCH COUNT: a control group is made, a process of about a millisecond
 * runs in it, and the group is removed; so often. Every fifth process moves to a second group before
 * it executes its program; every tenth is the first of a pid namespace. */
#include "told.h"

static int moves(int which) { return which % 5 == 3; }

static void become_and_tell(void)
{
    join_group(group("c", number));
    if (moves(number))
        join_group(group("m", number));
    execute(&tell);
}

static void play(void)
{
    int count = (int)parse_number(string_name);
    begin_telling();
    for (int i = 0; i < count; i++) {
        make_group(group("c", i));
        if (moves(i))
            make_group(group("m", i));
        play_one(i, i % 10 == 9);
        remove_group(group("c", i));
        if (moves(i))
            remove_group(group("m", i));
    }
    end_telling();
}
