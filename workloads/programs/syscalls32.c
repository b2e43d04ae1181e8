/* syscalls32 NONCE PATH: a 64-bit program that makes its system calls as 32-bit programs do. It starts
 * PATH with its own nonce, writes the pid to descriptor 201, waits, and ends with code 7. Such calls
 * take addresses of 32 bits, so all that is passed lies in the program's own low memory. */
#include "syscalls.h"

#ifndef __x86_64__
#error "32-bit system calls are made on x86_64 only"
#endif

enum { EXIT_32 = 1, FORK_32 = 2, WRITE_32 = 4, WAITPID_32 = 7, EXECVE_32 = 11 };

static char path[4096], nonce[256];
static unsigned argv32[3], none32[1];
static int child, status;

static int syscall32(int number, unsigned a, unsigned b, unsigned c)
{
    int out;
    __asm__ volatile("int $0x80" : "=a"(out) : "a"(number), "b"(a), "c"(b), "d"(c)
                     : "memory", "r8", "r9", "r10", "r11");
    return out;
}

static unsigned low(const void *pointer) { return (unsigned)(unsigned long)pointer; }

static void copy(char *to, const char *from, unsigned size)
{
    while (--size && *from)
        *to++ = *from++;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 124;
    copy(nonce, argv[1], sizeof nonce);
    copy(path, argv[2], sizeof path);
    argv32[0] = low(path), argv32[1] = low(nonce);
    child = syscall32(FORK_32, 0, 0, 0);
    if (child == 0) {
        syscall32(EXECVE_32, low(path), low(argv32), low(none32));
        syscall32(EXIT_32, 127, 0, 0);
    }
    syscall32(WRITE_32, 201, low(&child), sizeof child);
    syscall32(WAITPID_32, (unsigned)child, low(&status), 0);
    syscall32(EXIT_32, status == 7 << 8 ? 7 : 1, 0, 0);
    return 1; /* not reached */
}
