/* A thousand children that end at the same time. */
#include "case.h"

#define CHILDREN 1000

static void __attribute__((noreturn)) child(const int *gate, int number)
{
    char byte;
    die_with_parent(driver);
    close(gate[1]);
    require(read(gate[0], &byte, 1) == 0, "read");
    _exit(number % 7);
}

static void play(void)
{
    static pid_t pids[CHILDREN];
    int gate[2];
    require(pipe(gate) == 0, "pipe");
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = fork();
        require(pids[i] >= 0, "fork");
        if (pids[i] == 0)
            child(gate, i);
        log_fork(pids[i], driver);
    }
    next_window();
    close(gate[1]);
    for (int i = 0; i < CHILDREN; i++)
        log_exit(pids[i], wait_for(pids[i], EXIT_CODE(i % 7)));
}
