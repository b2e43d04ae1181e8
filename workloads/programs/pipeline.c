/* pipeline NONCE COUNT WIDTH STAGES SHELL LEAF: has the shell run "LEAF nonce | LEAF nonce ..."
 * COUNT times, WIDTH at a time, as a person would type it.
 *
 * The shell makes the leaves, so nobody stamps just before or after: their windows are as wide as
 * the shell's life, and loose. A pipeline's slots follow one another: the shell's, then the leaves'. */
#include "life.h"

enum { PROGRAM_SHELL = 1, PROGRAM_LEAF = 2, MOST_STAGES = 8 };

static u32 stages;
static char *shell, *leaf;

static void write_line(char *line, u32 slot)
{
    for (u32 stage = 1; stage <= stages; stage++) {
        if (stage > 1)
            line = append(line, " | ");
        line = append(line, leaf);
        line = append(line, " ");
        line = append_nonce(line, slot + stage);
    }
}

/* The leaves of the shell that `shell` is about: made some time in its life, by it. */
static void bury_leaves(u32 slot, const struct made *shell)
{
    struct made made = {
        .fork_after = shell->fork_after,
        .exit_before = shell->exit_before,
        .parent = slot,
        .program = PROGRAM_LEAF,
        .kinds = FORK | EXEC | EXIT | LOOSE_FORK | LOOSE_EXEC | LOOSE_EXIT,
    };
    for (u32 stage = 1; stage <= stages; stage++)
        put(slot + stage, offsetof(struct slot, made), &made, sizeof made);
}

static void once(void)
{
    char line[MOST_STAGES * 128], *args[] = {"sh", "-c", line, NULL};
    u32 slot = claim(1 + stages);
    int status = 0;
    if (slot == NO_SLOT)
        return;
    write_line(line, slot);
    pid_t parent = my_pid();
    struct made made = plan(FORK | EXEC | EXIT | LOOSE_EXEC | LOOSE_EXIT, PROGRAM_SHELL);
    pid_t pid = fork();
    if (pid == 0)
        become_program(slot, parent, shell, args);
    stamp(&made.fork_before);
    if (pid < 0) {
        fail(slot, errno);
        return;
    }
    if (reap(pid, &status) != pid)
        return;
    buried(slot, &made, pid, status);
    bury_leaves(slot, &made);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return 124;
    open_ledger(argv[1]);
    stages = number(argv[4]);
    shell = argv[5];
    leaf = argv[6];
    if (stages > MOST_STAGES)
        return 124;
    share(number(argv[2]), number(argv[3]), once);
    return leave();
}
