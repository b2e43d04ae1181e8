/* paced NONCE RATE COUNT WIDTH [PATH NAME]: begins COUNT processes by a timetable, RATE a second,
 * and waits for each; with RATE 0 as fast as it can. Each ends at once, or first executes the
 * program PATH, called NAME.
 *
 * WIDTH workers take turns. One that is delayed begins its next process late but leaves none out:
 * the time at which it was due is recorded, so that the delay is known. */
#include "workers.h"

#define LEAF 1
#define SECOND 1000000000u
/* Until the first is due, so that all workers are there by then. */
#define LEAD (5 * (u64)1000000)

static u32 rate, width, done;
static u64 origin;
static char *path, *name;

/* When this worker's next process is due. */
static u64 next_due(void)
{
    u64 place = (u64)done++ * width + worker_index;
    return origin + place * SECOND / rate;
}

static void sleep_until(u64 due)
{
    struct timespec at = {(long)(due / SECOND), (long)(due % SECOND)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

static void child(u32 slot, pid_t parent, char **args)
{
    if (path)
        exec_leaf(slot, parent, path, args);
    enter_slot(slot, parent);
    _exit(record_exit());
}

static void begin_one(void)
{
    char nonce[64], *args[] = {name, nonce, NULL};
    u64 due = rate ? next_due() : 0;
    u32 slot = claim_slots(1);
    if (slot == NO_SLOT)
        return;
    pid_t worker = current_pid();
    append_nonce(nonce, slot);
    if (rate && now() < due)
        sleep_until(due);
    struct by_parent record = begin_record(path ? FORK | EXEC | EXIT : FORK | EXIT, LEAF);
    record.due = stamping ? due : 0;
    pid_t pid = fork();
    if (pid == 0)
        child(slot, worker, args);
    wait_and_record(slot, &record, pid);
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 7)
        return 124;
    open_ledger(argv[1]);
    rate = (u32)parse_number(argv[2]);
    width = (u32)parse_number(argv[4]);
    path = argc == 7 ? argv[5] : NULL;
    name = argc == 7 ? argv[6] : NULL;
    /* By default the kernel may wake a sleeping process up to 50 us late. */
    prctl(PR_SET_TIMERSLACK, 1);
    origin = now() + LEAD;
    run_workers((u32)parse_number(argv[3]), width, begin_one);
    return record_exit();
}
