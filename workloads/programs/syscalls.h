/* The system calls that the programs need: from the C library, or (NOLIBC) raw under the same names,
 * so that each program is written once. */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <stddef.h>

#ifndef NOLIBC

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#else

typedef int pid_t;
struct timespec {
    long tv_sec, tv_nsec;
};
#define CLOCK_MONOTONIC 1
#define TIMER_ABSTIME 1
#define EINTR 4
#define ENOSPC 28
#define PR_SET_PDEATHSIG 1
#define PR_SET_TIMERSLACK 29
#define SIGKILL 9
#define SIGCHLD 17
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 1
#define MAP_FAILED ((void *)-1)

/* In .data, so that the writable segment has bytes in the file. Kernels such as 5.10 map the page
 * that it begins in from the file also when all of it is .bss, and the exec ends in SIGSEGV where the
 * file does not reach that far: on arm64, whose linker begins it at the end of a page of 64 KiB. */
static char **environ __attribute__((section(".data"), used));
static int errno;

#endif

#if defined(__x86_64__)
enum {
    NR_pwrite = 18, NR_mmap = 9, NR_getpid = 39, NR_fork = 57, NR_execve = 59,
    NR_exit_group = 231, NR_wait4 = 61, NR_getppid = 110, NR_prctl = 157, NR_clock_gettime = 228,
    NR_clock_nanosleep = 230,
};
static inline long raw(long n, long a, long b, long c, long d, long e, long f)
{
    long out;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(out)
                     : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return out;
}
#elif defined(__aarch64__)
enum {
    NR_pwrite = 68, NR_mmap = 222, NR_getpid = 172, NR_clone = 220, NR_execve = 221,
    NR_exit_group = 94, NR_wait4 = 260, NR_getppid = 173, NR_prctl = 167, NR_clock_gettime = 113,
    NR_clock_nanosleep = 115,
};
static inline long raw(long n, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#elif !defined(NOLIBC)
#define NR_clock_gettime SYS_clock_gettime
#define NR_getpid SYS_getpid
#define NR_pwrite SYS_pwrite64
static inline long raw(long n, long a, long b, long c, long d, long e, long f)
{
    long out = syscall(n, a, b, c, d, e, f);
    return out < 0 ? -errno : out;
}
#else
#error "programs without a C library are written for x86_64 and aarch64 only"
#endif

/* The calls that only the ledger makes are raw with a C library too. In a new process each page of
 * code that nothing else touches is a page fault, and the C library's wrappers are spread over it: one
 * getpid() would take longer than all the system calls below together. The clock is read from the
 * kernel for the same reason; the vDSO's is quick only where its pages are mapped already. */
static inline int read_clock(int clock, struct timespec *time)
{
    return (int)raw(NR_clock_gettime, clock, (long)time, 0, 0, 0, 0);
}
static inline pid_t raw_getpid(void) { return (pid_t)raw(NR_getpid, 0, 0, 0, 0, 0, 0); }
/* The number of bytes written, or the negative error. */
static inline long write_at(int fd, const void *bytes, size_t length, long offset)
{
    return raw(NR_pwrite, fd, (long)bytes, (long)length, offset, 0, 0);
}

#ifdef NOLIBC

#ifdef __x86_64__
/* The child of vfork runs on its parent's stack and would overwrite the return address there, so
 * it is kept in a register. */
__asm__(".text\n.type raw_vfork,@function\nraw_vfork:\n"
        "pop %rdi\nmov $58, %eax\nsyscall\npush %rdi\nret\n"
        ".globl _start\n_start:\nxor %ebp, %ebp\nmov %rsp, %rdi\nand $-16, %rsp\ncall begin\n");
#else
/* vfork is clone(CLONE_VFORK | CLONE_VM | SIGCHLD) here. */
__asm__(".text\n.type raw_vfork,%function\nraw_vfork:\n"
        "mov x0, #0x4111\nmov x1, #0\nmov x2, #0\nmov x3, #0\nmov x4, #0\nmov x8, #220\nsvc #0\nret\n"
        ".globl _start\n_start:\nmov x29, #0\nmov x0, sp\nbl begin\n");
#endif

long raw_vfork(void) __attribute__((returns_twice));

static inline long checked(long out)
{
    if (out >= 0 || out < -4095)
        return out;
    errno = (int)-out;
    return -1;
}

static inline pid_t fork(void)
{
#ifdef __x86_64__
    return (pid_t)checked(raw(NR_fork, 0, 0, 0, 0, 0, 0));
#else
    return (pid_t)checked(raw(NR_clone, SIGCHLD, 0, 0, 0, 0, 0));
#endif
}
#define vfork() ((pid_t)checked(raw_vfork()))
static inline int execve(const char *path, char *const argv[], char *const envp[])
{
    return (int)checked(raw(NR_execve, (long)path, (long)argv, (long)envp, 0, 0, 0));
}
static inline void __attribute__((noreturn)) _exit(int code)
{
    for (;;)
        raw(NR_exit_group, code, 0, 0, 0, 0, 0);
}
static inline pid_t waitpid(pid_t pid, int *status, int flags)
{
    return (pid_t)checked(raw(NR_wait4, pid, (long)status, flags, 0, 0, 0));
}
static inline pid_t getpid(void) { return (pid_t)raw(NR_getpid, 0, 0, 0, 0, 0, 0); }
static inline pid_t getppid(void) { return (pid_t)raw(NR_getppid, 0, 0, 0, 0, 0, 0); }
static inline int prctl(int what, unsigned long value)
{
    return (int)checked(raw(NR_prctl, what, (long)value, 0, 0, 0, 0));
}
/* Unlike the others it returns the error, as the C library's does. */
static inline int clock_nanosleep(int clock, int flags, const struct timespec *until,
                                  struct timespec *left)
{
    return -(int)raw(NR_clock_nanosleep, clock, flags, (long)until, (long)left, 0, 0);
}
static inline void *mmap(void *at, size_t length, int prot, int flags, int fd, long offset)
{
    return (void *)checked(raw(NR_mmap, (long)at, (long)length, prot, flags, fd, offset));
}

int main(int argc, char **argv);
void __attribute__((noreturn, used)) begin(long *stack)
{
    char **argv = (char **)(stack + 1);
    environ = argv + stack[0] + 1;
    _exit(main((int)stack[0], argv));
}

#endif
#endif
