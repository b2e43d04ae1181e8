/* Writes a header with two slots to its output; every field of the second has a number of its own. */
#include "ledger.h"
#include <stdio.h>
#include <string.h>

int main(void)
{
    static struct {
        struct ledger ledger;
        struct slot slot[2];
    } all;
    struct slot *s = &all.slot[1];
    memcpy(all.ledger.magic, "rollcall", 8);
    all.ledger.version = 1;
    all.ledger.slots = 2;
    all.ledger.used = 2;
    s->by_parent = (struct by_parent){101, 102, 103, 104, 105, 106, 107, 108, -109, 110};
    s->by_process = (struct by_process){202, 203, 204, 205, 206, -207, 0};
    return fwrite(&all, sizeof all, 1, stdout) != 1;
}
