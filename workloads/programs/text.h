/* Numbers and strings without a C library. */
#ifndef TEXT_H
#define TEXT_H

#include <stdint.h>

/* The number at the start of `digits`; 0 where there is none. */
static inline uint64_t parse_number(const char *digits)
{
    uint64_t value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        value = value * 10 + (uint64_t)(*digits - '0');
    return value;
}

static inline int equal(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return *a == *b;
}

/* What follows `prefix` in `text`; NULL when it begins otherwise. */
static inline const char *after_prefix(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix)
        text++, prefix++;
    return *prefix ? NULL : text;
}

/* The last dash in `text`; its start when there is none. */
static inline const char *last_dash(const char *text)
{
    const char *dash = text;
    for (const char *c = text; *c; c++)
        if (*c == '-')
            dash = c;
    return dash;
}

/* Each of these returns the end of what it wrote, which is a NUL. */
static inline char *append(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = 0;
    return to;
}

static inline char *append_number(char *to, uint64_t value)
{
    char digits[21], *digit = digits + 20;
    *digit = 0;
    do
        *--digit = (char)('0' + value % 10);
    while (value /= 10);
    return append(to, digit);
}

#endif
