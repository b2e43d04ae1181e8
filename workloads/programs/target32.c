/* target32: the same as target, as a 32-bit program for x86. Needs nothing but the compiler. */
#ifndef __i386__
#error "32-bit programs are written for x86 only"
#endif

void __attribute__((noreturn)) _start(void);
void __attribute__((noreturn)) _start(void)
{
    static const struct {
        long seconds, nanoseconds;
    } life = {0, 60000000};
    int out;
    __asm__ volatile("int $0x80" : "=a"(out) : "a"(162), "b"(&life), "c"(0)); /* nanosleep */
    for (;;)
        __asm__ volatile("int $0x80" : : "a"(1), "b"(7)); /* exit(7) */
}
