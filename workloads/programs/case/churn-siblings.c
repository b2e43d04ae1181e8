/* A thousand children that end at the same event. */
#include "case.h"

#define MOST 1000

static void __attribute__((noreturn)) child(const int *gate, int number)
{
    char byte;
    die_with(driver);
    close(gate[1]);
    must(read(gate[0], &byte, 1) == 0, "read");
    _exit(number % 7);
}

static void play(void)
{
    static pid_t pids[MOST];
    int gate[2], status;
    must(pipe(gate) == 0, "pipe");
    for (int i = 0; i < MOST; i++) {
        pids[i] = fork();
        must(pids[i] >= 0, "fork");
        if (pids[i] == 0)
            child(gate, i);
        told_fork(pids[i], driver);
    }
    then();
    close(gate[1]);
    for (int i = 0; i < MOST; i++) {
        status = finish(pids[i], CODE(i % 7));
        told_exit(pids[i], status);
    }
}
