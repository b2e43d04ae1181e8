/* bomb NONCE DEPTH: a fork bomb that ends. A binary tree of processes, DEPTH generations below the
 * first, 2^(DEPTH+1)-1 in all, none of which executes anything.
 *
 * A process always makes its first child. It makes the second beside it only when the whole line
 * of first children below that one finds places under the cap; otherwise it waits for the first
 * child to end and uses its places. So the number is always the same, the cap always holds, and
 * a process waits for nothing but its own children. */
#include "process.h"

static int reserve_places(u32 count)
{
    u32 taken = __atomic_add_fetch(&ledger->live, count, __ATOMIC_RELAXED);
    if (taken <= ledger->cap)
        return 1;
    __atomic_sub_fetch(&ledger->live, count, __ATOMIC_RELAXED);
    return 0;
}

static void release_places(u32 count) { __atomic_sub_fetch(&ledger->live, count, __ATOMIC_RELAXED); }

struct child {
    pid_t pid;
    u32 slot;
    struct by_parent record;
};

static void grow(u32 depth);

static struct child make_child(u32 depth)
{
    struct child child = {.pid = -1, .slot = claim_slots(1)};
    if (child.slot == NO_SLOT)
        return child;
    pid_t parent = current_pid();
    child.record = begin_record(FORK | EXIT, 0);
    child.pid = fork();
    if (child.pid == 0) {
        enter_slot(child.slot, parent);
        grow(depth);
        _exit(record_exit());
    }
    stamp(&child.record.fork_before);
    if (child.pid < 0)
        record_failure(child.slot, errno);
    return child;
}

/* Waits for both in the order in which they end, so that each end is stamped at once. */
static void wait_for(struct child *a, struct child *b)
{
    for (int left = (a->pid > 0) + (b->pid > 0); left; left--) {
        int status = 0;
        pid_t pid = reap(-1, &status);
        struct child *child = pid == a->pid ? a : b;
        if (pid > 0)
            end_record(child->slot, &child->record, pid, status);
    }
}

static void grow(u32 depth)
{
    struct child second = {.pid = -1};
    if (depth == 0)
        return;
    struct child first = make_child(depth - 1);
    int side_by_side = reserve_places(depth);
    if (!side_by_side) {
        wait_for(&first, &second);
        first.pid = -1;
    }
    second = make_child(depth - 1);
    wait_for(&first, &second);
    if (side_by_side)
        release_places(depth);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 124;
    u32 depth = (u32)parse_number(argv[2]);
    open_ledger(argv[1]);
    reserve_places(depth + 1);
    grow(depth);
    return record_exit();
}
