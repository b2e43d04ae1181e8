/* target NONCE: what the cases execute. It lives for long enough that whoever asks /proc about it
 * finds it there: cases are not about speed. It ends with a code of its own, by which its driver
 * knows that it ran.
 * target NONCE then PATH WORDS...: executes that instead.
 * target NONCE secure?: ends with another code when the kernel did not start it as set-user-id.
 * target NONCE overwrite: writes over its own arguments and lives on. */
#include "os.h"

#ifndef NOLIBC
#include <sys/auxv.h>
#endif

#define ENDS 7

static void live(void)
{
    struct timespec until = {0, 60000000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &until, NULL);
}

int main(int argc, char **argv)
{
    live();
    if (argc > 3 && argv[2][0] == 't') {
        execve(argv[3], argv + 3, environ);
        return 127;
    }
#ifndef NOLIBC
    if (argc == 3 && argv[2][0] == 's')
        return getauxval(AT_SECURE) ? ENDS : ENDS + 1;
    if (argc == 3 && argv[2][0] == 'o')
        for (int i = 0; i < argc; i++)
            memset(argv[i], 'x', strlen(argv[i]));
    if (argc == 3 && argv[2][0] == 'o')
        live();
#endif
    return ENDS;
}
