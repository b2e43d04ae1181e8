/* exec of the dynamic loader, called by name, with the program as its argument. */
#include "case.h"

#include <link.h>

/* The first object is the program itself. */
static int find(struct dl_phdr_info *object, size_t size, void *found)
{
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_INTERP)
            *(const char **)found =
                (const char *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    return 1;
}

static void play(void)
{
    struct command target = installed("target-dynamic");
    const char *loader = NULL;
    dl_iterate_phdr(find, &loader);
    require(loader != NULL, "this program has no loader");
    char *argv[] = {(char *)loader, target.exe, target.argv[1], NULL};
    pid_t pid = fork();
    if (pid == 0)
        execv(loader, argv);
    log_fork(pid, driver);
    log_exec(pid, driver, realpath(loader, NULL), argv);
    log_exit(pid, wait_for(pid, TARGET_STATUS));
}
