/* A program takes another name as soon as it runs, ten times. */
#include "case_race.h"

static void play(void) { play_self_action(RENAME_COMM); }
