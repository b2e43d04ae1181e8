/* bomb NONCE DEPTH: a fork bomb that ends. A binary tree of processes, DEPTH generations below the
 * first, 2^(DEPTH+1)-1 in all, none of which executes anything.
 *
 * A process always makes its first child. It makes the second beside it only when the whole line
 * of first children below that one finds places under the cap; otherwise it waits for the first
 * child to end and uses its places. So the number is always the same, the cap always holds, and
 * nobody waits for anybody but its own children. */
#include "life.h"

static int take_places(u32 count)
{
    u32 taken = __atomic_add_fetch(&ledger->live, count, __ATOMIC_RELAXED);
    if (taken <= ledger->cap)
        return 1;
    __atomic_sub_fetch(&ledger->live, count, __ATOMIC_RELAXED);
    return 0;
}

static void give_places(u32 count) { __atomic_sub_fetch(&ledger->live, count, __ATOMIC_RELAXED); }

struct child {
    pid_t pid;
    u32 slot;
    struct made made;
};

static void node(u32 depth);

static struct child bear(u32 depth)
{
    struct child child = {.pid = -1, .slot = claim(1)};
    if (child.slot == NO_SLOT)
        return child;
    pid_t parent = my_pid();
    child.made = plan(FORK | EXIT, 0);
    child.pid = fork();
    if (child.pid == 0) {
        become(child.slot, parent);
        node(depth);
        _exit(leave());
    }
    stamp(&child.made.fork_before);
    if (child.pid < 0)
        fail(child.slot, errno);
    return child;
}

/* Waits for both in the order in which they end, so that each end is stamped at once. */
static void bury(struct child *a, struct child *b)
{
    for (int left = (a->pid > 0) + (b->pid > 0); left; left--) {
        int status = 0;
        pid_t pid = reap(-1, &status);
        struct child *child = pid == a->pid ? a : b;
        if (pid > 0)
            buried(child->slot, &child->made, pid, status);
    }
}

static void node(u32 depth)
{
    struct child second = {.pid = -1};
    if (depth == 0)
        return;
    struct child first = bear(depth - 1);
    int beside = take_places(depth);
    if (!beside) {
        bury(&first, &second);
        first.pid = -1;
    }
    second = bear(depth - 1);
    bury(&first, &second);
    if (beside)
        give_places(depth);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 124;
    u32 depth = number(argv[2]);
    open_ledger(argv[1]);
    take_places(depth + 1);
    node(depth);
    return leave();
}
