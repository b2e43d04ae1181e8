/* Whether memory that a caller points to can be read.
 *
 * The kernel answers a pointer to nowhere with EFAULT, and a program may count on that. To look at
 * it first would kill the program. So the kernel is asked, with a call that reads eight bytes and
 * then fails for another reason; it has no effect, and no filter of system calls that a program
 * lives under refuses it. Once for each page: that costs little beside an exec. */
#include "kernel.h"
#include "rollcall.h"

#include <string.h>

/* The smallest page there is; where pages are larger, more is asked than necessary. */
#define PAGE 4096u
/* No way of changing a mask, so none is changed. */
#define NO_WAY -1
#define MASK_BYTES 8

/* The last page that could be read. */
struct page {
    uintptr_t known;
};

static bool reaches(struct page *page, const void *pointer) {
    uintptr_t start = (uintptr_t)pointer & ~(uintptr_t)(PAGE - 1);
    if (start == page->known && start != 0)
        return true;
    /* Of NULL the call would read nothing. */
    if (start == 0 || kernel(SYS_rt_sigprocmask, NO_WAY, (long)start, 0, MASK_BYTES) == -EFAULT)
        return false;
    page->known = start;
    return true;
}

/* Bytes from `text` to the end of its page. */
static size_t in_page(const char *text) { return PAGE - ((uintptr_t)text & (PAGE - 1)); }

/* Adds the length of `text`, its end included, to `sum`, up to `most`; false where it cannot be
 * read so far. */
static bool add_length(struct page *page, const char *text, size_t most, size_t *sum) {
    while (*sum < most) {
        if (!reaches(page, text))
            return false;
        size_t bytes = in_page(text);
        const char *end = memchr(text, '\0', bytes);
        if (end != NULL) {
            *sum += (size_t)(end - text) + 1;
            return true;
        }
        *sum += bytes;
        text += bytes;
    }
    return true;
}

bool rollcall_reaches_text(const char *text) {
    struct page page = {0};
    size_t sum = 0;
    return text != NULL && add_length(&page, text, EXE_MOST, &sum);
}

/* A pointer may begin in one page and end in the next. */
static bool reaches_pointer(struct page *page, char *const *place) {
    return reaches(page, place) && reaches(page, (const char *)(place + 1) - 1);
}

/* As far as a record goes: what follows is the kernel's to refuse. */
bool rollcall_reaches_argv(char *const *argv) {
    struct page pointers = {0}, texts = {0};
    size_t sum = 0;
    for (; argv != NULL && sum <= ARGV_MOST; argv++) {
        if (!reaches_pointer(&pointers, argv))
            return false;
        if (*argv == NULL)
            return true;
        if (!add_length(&texts, *argv, ARGV_MOST + 1, &sum))
            return false;
    }
    return true;
}
