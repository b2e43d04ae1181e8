/* Writes to its output a header with two slots, every field of the second a number of its own. */
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
    s->made = (struct made){101, 102, 103, 104, 105, 106, 107, 108, -109, 110};
    s->lived = (struct lived){202, 203, 204, 205, 206, -207, 0};
    return fwrite(&all, sizeof all, 1, stdout) != 1;
}
