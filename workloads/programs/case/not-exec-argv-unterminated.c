/* exec with an array of arguments that goes on to the end of the memory there is: it fails with EFAULT. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    size_t size = 4096, count = size / sizeof(char *);
    char **argv = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(argv != MAP_FAILED && mprotect((char *)argv + size, size, PROT_NONE) == 0, "mmap");
    for (size_t i = 0; i < count; i++)
        argv[i] = target.argv[i % 2];
    play_failed_exec(target.exe, argv, EFAULT);
}
