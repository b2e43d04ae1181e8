/* A program tells the kernel that its arguments are elsewhere, as soon as it runs, ten times. */
#include "case_race.h"

static void play(void) { play_self_action(MOVE); }
