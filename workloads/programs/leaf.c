/* leaf NONCE: says that it began and that it ends. Executed thousands of times, so it opens
 * nothing and maps nothing: one write puts its half of the slot into the ledger. */
#include "life.h"

int main(int argc, char **argv)
{
    struct lived half = {0};
    if (argc < 2 || same(argv[1], "-"))
        return 0;
    half.exec_before = now();
    half.exec_after = handed_over();
    /* Who had no room for it has written it down himself. */
    size_t from = half.exec_after ? 0 : offsetof(struct lived, exec_before);
    u32 slot = slot_of(argv[1]);
    long at = (long)(offsetof(struct ledger, slot) + slot * sizeof(struct slot) +
                     offsetof(struct slot, lived) + from);
    half.own_pid = (u32)own_pid();
    half.own_ppid = (u32)getppid();
    half.code = code_of(slot);
    half.exit_after = now();
    if (write_at(LEDGER_FD, (char *)&half + from, sizeof half - from, at) < 0)
        return 125;
    return half.code;
}
