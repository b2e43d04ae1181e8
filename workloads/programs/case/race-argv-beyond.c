/* A program overwrites its arguments and what lies behind them, the environment, as soon as it runs, ten times. */
#include "case_race.h"

static void play(void) { play_self_action(BEYOND); }
