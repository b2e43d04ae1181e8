/* Words that try to be something else where they are shown. */
#ifndef NASTY_H
#define NASTY_H

static inline const char *nasty(const char *which)
{
    static const char *const all[][2] = {
        {"newline", "line\nworkload,monitor,repetition\r\n{\"kind\":\"exec\"}"},
        {"quote", "a\"b'c`d\\e,f|g;h $(i) &j;"},
        {"tab", "a\tb\t\tc "},
        {"escape", "a\033[2J\033[31mb\033]0;c\007\r\b"},
        {"bytes", "a\377\376\200b\300\257c\355\240\200"},
        {"forgery", "a\" a2=\"b\ntype=EXECVE msg=audit(1.000:1): argc=1 a0=\"c\"<script>[x](y)|"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (same(all[i][0], which))
            return all[i][1];
    broken("there is no such word");
}

#endif
