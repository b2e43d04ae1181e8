/* launch NONCE HOW COUNT WIDTH PATH NAME: starts the program PATH, called NAME, COUNT times by
 * HOW (fork, vfork or spawn), WIDTH at a time, and waits for each. */
#include "workers.h"

#define LEAF 1

static const char *how;
static char *path, *name;
static pid_t worker;

static void by_fork(u32 slot, char **args)
{
    struct by_parent record = begin_record(FORK | EXEC | EXIT, LEAF);
    pid_t pid = fork();
    if (pid == 0)
        exec_leaf(slot, worker, path, args);
    wait_and_record(slot, &record, pid);
}

static void by_vfork(u32 slot, char **args)
{
    struct by_parent record = begin_record(FORK | EXEC | EXIT, LEAF);
    pid_t pid = vfork();
    if (pid == 0)
        exec_leaf(slot, worker, path, args);
    wait_and_record(slot, &record, pid);
}

#ifdef NOLIBC
static void by_spawn(u32 slot, char **args)
{
    (void)args;
    record_failure(slot, 38); /* ENOSYS: posix_spawn is the C library's */
}
#else
static void by_spawn(u32 slot, char **args)
{
    pid_t pid = 0;
    struct by_parent record = begin_record(FORK | EXEC | EXIT | SPAWN, LEAF);
    int error = posix_spawn(&pid, path, NULL, NULL, args, environ);
    errno = error;
    wait_and_record(slot, &record, error ? -1 : pid);
}
#endif

static void launch_one(void)
{
    char nonce[64], *args[] = {name, nonce, NULL};
    u32 slot = claim_slots(1);
    if (slot == NO_SLOT)
        return;
    worker = current_pid();
    append_nonce(nonce, slot);
    if (*how == 's')
        by_spawn(slot, args);
    else if (*how == 'v')
        by_vfork(slot, args);
    else
        by_fork(slot, args);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return 124;
    open_ledger(argv[1]);
    map_slots();
    how = argv[2];
    path = argv[5];
    name = argv[6];
    run_workers((u32)parse_number(argv[3]), (u32)parse_number(argv[4]), launch_one);
    return record_exit();
}
