/* Strings that forge something else where they are displayed without escaping. */
#ifndef HOSTILE_STRINGS_H
#define HOSTILE_STRINGS_H

static inline const char *hostile_string(const char *name)
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
        if (equal(all[i][0], name))
            return all[i][1];
    fail_case("there is no hostile string of that name");
}

#endif
