/* A program overwrites its arguments as soon as it runs, ten times. */
#include "case_race.h"

static void play(void) { play_self_action(OVERWRITE); }
