/* bomb NONCE SIZE: a fork bomb that ends. A binary tree of SIZE processes, as even as can be, none of
 * which executes anything.
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

static void grow(u32 size);

static struct child make_child(u32 size)
{
    struct child child = {.pid = -1, .slot = claim_slots(1)};
    if (child.slot == NO_SLOT)
        return child;
    pid_t parent = current_pid();
    child.record = begin_record(FORK | EXIT, 0);
    child.pid = fork();
    if (child.pid == 0) {
        enter_slot(child.slot, parent);
        grow(size);
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

/* The line of first children in a tree of so many processes, its root included. */
static u32 line_of(u32 size)
{
    u32 line = 0;
    for (; size; size /= 2)
        line++;
    return line;
}

static void grow(u32 size)
{
    struct child second = {.pid = -1};
    u32 first_size = size / 2, second_size = (size - 1) / 2;
    if (first_size == 0)
        return;
    struct child first = make_child(first_size);
    if (second_size == 0) {
        wait_for(&first, &second);
        return;
    }
    int side_by_side = reserve_places(line_of(second_size));
    if (!side_by_side) {
        wait_for(&first, &second);
        first.pid = -1;
    }
    second = make_child(second_size);
    wait_for(&first, &second);
    if (side_by_side)
        release_places(line_of(second_size));
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 124;
    u32 size = (u32)parse_number(argv[2]);
    open_ledger(argv[1]);
    reserve_places(line_of(size));
    grow(size);
    return record_exit();
}
