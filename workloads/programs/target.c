/* target NONCE: what the cases execute. It lives long enough for a look-up in /proc to find it: cases
 * do not test speed. It ends with a code of its own, by which the driver knows that it ran.
 * target NONCE then PATH WORDS...: executes that instead.
 * target NONCE secure?: ends with another code when the kernel did not start it as set-user-id.
 * target NONCE overwrite: writes over its own arguments and lives on.
 * target NONCE wait: sleeps until it is killed.
 * target, without even that: ends with another code, by which the driver knows what the kernel made of it. */
#include "syscalls.h"

#ifndef NOLIBC
#include <sys/auxv.h>
#endif

#define CODE 7

static void linger_for(long seconds)
{
    struct timespec time = {seconds, 60000000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

int main(int argc, char **argv)
{
    while (argc == 3 && argv[2][0] == 'w')
        linger_for(1000);
    linger_for(0);
    if (argc > 3 && argv[2][0] == 't') {
        execve(argv[3], argv + 3, environ);
        return 127;
    }
#ifndef NOLIBC
    if (argc == 3 && argv[2][0] == 's')
        return getauxval(AT_SECURE) ? CODE : CODE + 1;
    if (argc == 3 && argv[2][0] == 'o') {
        for (int i = 0; i < argc; i++)
            memset(argv[i], 'x', strlen(argv[i]));
        linger_for(0);
    }
#endif
    return argc == 0 ? CODE + 1 : CODE;
}
