/* What is done to a kernel module that hooks system calls. In a guest only: scripts/tamper --guest. */
#include <fcntl.h>
#include <sys/syscall.h>

#include "act.h"

#define RESTORE "/usr/lib/tamper/restore.ko"

int kmod_unload(int pid, const char *word)
{
    (void)pid, (void)word;
    return answered(syscall(SYS_delete_module, "rollcall", O_NONBLOCK) == 0, "delete_module");
}

/* The calls that are hooked, by the name of the kernel's own. */
static const struct {
    int number;
    const char *name;
} CALLS[] = {
    {SYS_fork, "__x64_sys_fork"},     {SYS_vfork, "__x64_sys_vfork"},
    {SYS_clone, "__x64_sys_clone"},   {SYS_clone3, "__x64_sys_clone3"},
    {SYS_execve, "__x64_sys_execve"}, {SYS_execveat, "__x64_sys_execveat"},
    {SYS_exit, "__x64_sys_exit"},     {SYS_exit_group, "__x64_sys_exit_group"},
};
#define COUNT (sizeof CALLS / sizeof *CALLS)

/* Their addresses, and that of the table; 0 for whoever may not see them. */
static int symbols(unsigned long *calls, unsigned long *table)
{
    FILE *file = fopen("/proc/kallsyms", "re");
    char line[512], name[256];
    unsigned long at;
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%lx %*c %255s", &at, name) != 2 || strchr(line, '[') != NULL)
            continue;
        if (strcmp(name, "sys_call_table") == 0)
            *table = at;
        for (size_t i = 0; i < COUNT; i++)
            if (strcmp(name, CALLS[i].name) == 0)
                calls[i] = at;
    }
    fclose(file);
    return 1;
}

int kmod_restore_table(int pid, const char *word)
{
    unsigned long calls[COUNT] = {0}, table = 0;
    char numbers[256] = "", addresses[512] = "", parameters[1024];
    (void)pid, (void)word;
    if (!symbols(calls, &table))
        return answered(0, "/proc/kallsyms");
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(numbers + strlen(numbers), sizeof numbers - strlen(numbers), "%s%d", i ? "," : "", CALLS[i].number);
        snprintf(addresses + strlen(addresses), sizeof addresses - strlen(addresses), "%s%#lx", i ? "," : "", calls[i]);
    }
    snprintf(parameters, sizeof parameters, "table=%#lx numbers=%s calls=%s", table, numbers, addresses);
    int file = open(RESTORE, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        fprintf(stderr, "%s: it is made by scripts/tamper --guest\n", RESTORE);
        return CANNOT;
    }
    long done = syscall(SYS_finit_module, file, parameters, 0);
    int why = errno;
    close(file);
    errno = why;
    /* Its load fails so when it has done its work. */
    return answered(done == 0 || why == ECANCELED, "finit_module");
}

/* All that ftrace leads anywhere is off for as long as this is 0; `undo` sets it to 1 again. */
int kmod_ftrace_off(int pid, const char *word)
{
    static const char *const path = "/proc/sys/kernel/ftrace_enabled";
    (void)pid;
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return answered(0, path);
    int good = write(file, strcmp(word, "undo") == 0 ? "1" : "0", 1) == 1;
    int why = errno;
    close(file);
    errno = why;
    return answered(good, path);
}
