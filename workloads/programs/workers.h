/* Processes that do the same work side by side. */
#ifndef WORKERS_H
#define WORKERS_H

#include "process.h"

#define MAX_WORKERS 64

struct worker {
    pid_t pid;
    u32 slot;
    struct by_parent record;
};

static u32 worker_index; /* in a worker: its place among them, from 0 */

/* Starts a worker that does `work` so many times; 0 when it cannot. */
static inline int start_worker(struct worker *worker, u32 times, void (*work)(void))
{
    pid_t parent = current_pid();
    worker->slot = claim_slots(1);
    if (worker->slot == NO_SLOT)
        return 0;
    worker->record = begin_record(FORK | EXIT, 0);
    worker->pid = fork();
    if (worker->pid == 0) {
        enter_slot(worker->slot, parent);
        while (times-- && !stopped())
            work();
        _exit(record_exit());
    }
    stamp(&worker->record.fork_before);
    if (worker->pid < 0)
        record_failure(worker->slot, errno);
    return worker->pid > 0;
}

/* Does `work` `count` times, divided over `width` workers, and waits for them. */
static inline void run_workers(u32 count, u32 width, void (*work)(void))
{
    static struct worker workers[MAX_WORKERS];
    u32 started = 0;
    while (started < width && started < MAX_WORKERS &&
           start_worker(&workers[started], count / width + (started < count % width), work))
        worker_index = ++started;
    for (u32 left = started; left; left--) {
        int status = 0;
        pid_t pid = reap(-1, &status);
        for (u32 i = 0; i < started; i++)
            if (workers[i].pid == pid)
                end_record(workers[i].slot, &workers[i].record, pid, status);
    }
}

#endif
