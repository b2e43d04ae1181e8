/* pipeline NONCE COUNT WIDTH STAGES SHELL LEAF: has the shell run "LEAF nonce | LEAF nonce ..."
 * COUNT times, WIDTH at a time, as a user would type it.
 *
 * The shell makes the leaves and stamps nothing: their windows are as wide as the shell's life, and
 * loose. A pipeline's slots follow one another: the shell's, then the leaves'. */
#include "workers.h"

enum { PROGRAM_SHELL = 1, PROGRAM_LEAF = 2, MAX_STAGES = 8 };

static u32 stages;
static char *shell, *leaf;

static void write_command(char *line, u32 slot)
{
    for (u32 stage = 1; stage <= stages; stage++) {
        if (stage > 1)
            line = append(line, " | ");
        line = append(line, leaf);
        line = append(line, " ");
        line = append_nonce(line, slot + stage);
    }
}

/* The records of the leaves of a shell: made during its life, by it. */
static void record_leaves(u32 slot, const struct by_parent *shell)
{
    struct by_parent record = {
        .fork_after = shell->fork_after,
        .exit_before = shell->exit_before,
        .parent_slot = slot,
        .program = PROGRAM_LEAF,
        .kinds = FORK | EXEC | EXIT | LOOSE_FORK | LOOSE_EXEC | LOOSE_EXIT,
    };
    for (u32 stage = 1; stage <= stages; stage++)
        write_slot(slot + stage, offsetof(struct slot, by_parent), &record, sizeof record);
}

static void run_one(void)
{
    char line[MAX_STAGES * 128], *args[] = {"sh", "-c", line, NULL};
    u32 slot = claim_slots(1 + stages);
    int status = 0;
    if (slot == NO_SLOT)
        return;
    write_command(line, slot);
    pid_t parent = current_pid();
    struct by_parent record = begin_record(FORK | EXEC | EXIT | LOOSE_EXEC | LOOSE_EXIT, PROGRAM_SHELL);
    pid_t pid = fork();
    if (pid == 0)
        exec_program(slot, parent, shell, args);
    stamp(&record.fork_before);
    if (pid < 0) {
        record_failure(slot, errno);
        return;
    }
    if (reap(pid, &status) != pid)
        return;
    end_record(slot, &record, pid, status);
    record_leaves(slot, &record);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return 124;
    open_ledger(argv[1]);
    stages = (u32)parse_number(argv[4]);
    shell = argv[5];
    leaf = argv[6];
    if (stages > MAX_STAGES)
        return 124;
    run_workers((u32)parse_number(argv[2]), (u32)parse_number(argv[3]), run_one);
    return record_exit();
}
