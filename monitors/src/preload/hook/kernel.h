/* System calls without the C library: on the way of every record they spare a child of fork the
 * pages it would have to map (the library's code, the vdso) or to copy (errno). */
#ifndef ROLLCALL_KERNEL_H
#define ROLLCALL_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel returns, a negative errno for a failure; errno itself stays as it is. */
static inline long kernel(long number, long first, long second, long third, long fourth) {
#if defined(__x86_64__) && defined(__LP64__)
    long result;
    register long r10 __asm__("r10") = fourth;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;
    register long x2 __asm__("x2") = third;
    register long x3 __asm__("x3") = fourth;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
#else
    int error = errno;
    long result = syscall(number, first, second, third, fourth);
    if (result == -1)
        result = -errno;
    errno = error;
    return result;
#endif
}

static inline long kernel0(long number) { return kernel(number, 0, 0, 0, 0); }

/* A descriptor, or a negative errno. */
static inline int rollcall_openat(int dir, const char *path, int flags) {
    return (int)kernel(SYS_openat, dir, (long)path, flags, 0);
}

static inline int rollcall_fstat(int fd, struct stat *file) {
#ifdef __LP64__
    return (int)kernel(SYS_fstat, fd, (long)file, 0, 0);
#else /* where the kernel's struct may be another than the C library's */
    int error = errno, result = fstat(fd, file);
    errno = error;
    return result;
#endif
}

/* Of the link itself, where it is one. */
static inline int rollcall_lstat(const char *path, struct stat *file) {
#if defined(__LP64__) && defined(SYS_newfstatat)
    return (int)kernel(SYS_newfstatat, AT_FDCWD, (long)path, (long)file, AT_SYMLINK_NOFOLLOW);
#else
    int error = errno, result = lstat(path, file);
    errno = error;
    return result;
#endif
}

#endif
