/* received NONCE [ACTION] ...: writes to RECEIVED_FD what it was given by the kernel, its exe first and
 * then each argument, each with a NUL at its end. That is the truth about an exec whose path or arguments
 * were changed while it was made. ACTION, if it is one of those below, comes first of all: what a program
 * does so that a look-up in /proc finds something else. It ends as target.c does. */
#include <stdio.h>

#include "race.h"

#define CODE 7
#define FORGED "sshd: forged"

static char report[1 << 14];
static size_t length;

static int add(const char *text, size_t bytes)
{
    if (length + bytes + 1 > sizeof report)
        return 0;
    memcpy(report + length, text, bytes);
    length += bytes + 1;
    return 1;
}

/* Over all arguments and on into the environment, which lies behind them: no NUL ends them any more. */
static void overwrite(char **argv, int last, size_t beyond)
{
    char *end = argv[last] + strlen(argv[last]);
    memset(argv[0], 'x', (size_t)(end - argv[0]) + beyond);
}

/* The kernel is told that the arguments are elsewhere; a process needs no right for that. */
static int move(void)
{
    static __u64 aux[2];
    /* /proc shows nothing of memory that belongs to a file. */
    char *forged = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (forged == MAP_FAILED)
        return 0;
    strcpy(forged, FORGED);
    char line[2048];
    /* Fields of /proc/self/stat, counted from the first behind the name. */
    unsigned long at[52] = {0};
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL || fgets(line, sizeof line, file) == NULL || strrchr(line, ')') == NULL)
        return 0;
    fclose(file);
    int field = 3;
    for (char *word = strtok(strrchr(line, ')') + 1, " "); word && field < 52; word = strtok(NULL, " "))
        at[field++] = strtoul(word, NULL, 10);
    struct prctl_mm_map map = {
        .start_code = at[26], .end_code = at[27], .start_stack = at[28], .start_data = at[45],
        .end_data = at[46], .start_brk = at[47], .brk = (u64)sbrk(0), .arg_start = (u64)forged,
        .arg_end = (u64)forged + sizeof FORGED, .env_start = at[50], .env_end = at[51],
        .auxv = aux, .auxv_size = sizeof aux, .exe_fd = (u32)-1};
    return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) == 0;
}

static int act(const char *action, int argc, char **argv)
{
    if (strcmp(action, OVERWRITE) == 0)
        overwrite(argv, argc - 1, 0);
    else if (strcmp(action, BEYOND) == 0)
        overwrite(argv, argc - 1, 9);
    else if (strcmp(action, RENAME_COMM) == 0)
        return prctl(PR_SET_NAME, FORGED) == 0;
    else if (strcmp(action, MOVE) == 0)
        return move();
    return 1;
}

int main(int argc, char **argv)
{
    char exe[PATH_MAX];
    struct timespec time = {0, 60000000};
    ssize_t bytes = readlink("/proc/self/exe", exe, sizeof exe);
    if (bytes <= 0 || !add(exe, (size_t)bytes))
        return CODE + 1;
    for (int i = 0; i < argc; i++)
        if (!add(argv[i], strlen(argv[i])))
            return CODE + 2;
    if (argc > 2 && !act(argv[2], argc, argv))
        return CODE + 3;
    if (write(RECEIVED_FD, report, length) != (ssize_t)length || close(RECEIVED_FD) != 0)
        return CODE + 4;
    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
    return CODE;
}
