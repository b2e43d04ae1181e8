/* sleepers: makes processes that are older than the monitor, as many as its last word says. Each executes
 * a program with a nonce of its own, and sleeps until it is killed: when the monitor has told what runs. */
#include "case.h"

static pid_t start_sleeper(const struct command *it)
{
    pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
        die_with_parent(driver);
        execute(it);
    }
    log_fork(pid, driver);
    log_exec(pid, driver, it->exe, it->argv);
    return pid;
}

/* Every exec closes one end of this: when all are closed, all have executed. */
static int begun[2];

static void wait_for_execs(void)
{
    char byte;
    close(begun[1]);
    require(read(begun[0], &byte, 1) == 0, "read");
}

static void play(void)
{
    u32 count = (u32)parse_number(string_name);
    pid_t *pids = calloc(count, sizeof *pids);
    require(pids != NULL && pipe2(begun, O_CLOEXEC) == 0, "pipe2");
    for (u32 i = 0; i < count; i++) {
        struct command it = installed("target-nolibc");
        it.argv[2] = "wait";
        pids[i] = start_sleeper(&it);
    }
    wait_for_execs();
    next_window();
    /* The harness starts the monitor when it reads this byte, and closes stdin when that has told. */
    char byte = 'x';
    require(write(1, &byte, 1) == 1 && read(0, &byte, 1) == 0, "the harness is gone");
    next_window();
    for (u32 i = 0; i < count; i++)
        require(kill(pids[i], SIGKILL) == 0, "kill");
    for (u32 i = 0; i < count; i++)
        log_exit(pids[i], wait_for(pids[i], SIGKILL));
}
