/* Why: the first process of a guest that has nothing but the harness: it mounts the kernel's own file systems, runs
 * the harness twice, and prints what it needs to know on the console. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD "/tmp/record"

static void mounted(const char *kind, const char *place)
{
    mkdir(place, 0755);
    if (mount(kind, place, kind, 0, NULL) != 0)
        perror(place);
}

static void run(char *const argv[])
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    if (pid < 0)
        perror("fork");
    /* It is the first process, so there may be orphans among the children. */
    for (pid_t ended; (ended = wait(&status)) > 0 && ended != pid;)
        ;
    printf("\nrollcall-bare: %s %d\n", argv[1], WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    fflush(stdout);
}

static void show(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return perror(path);
    printf("\nrollcall-bare: summary\n");
    for (int byte; (byte = getc(file)) != EOF;)
        putchar(byte);
    printf("\nrollcall-bare: end\n");
    fclose(file);
}

int main(void)
{
    mounted("proc", "/proc");
    mounted("sysfs", "/sys");
    mounted("devtmpfs", "/dev");
    mounted("tmpfs", "/dev/shm");
    mounted("tmpfs", "/tmp");
    setenv("ROLLCALL_VM", "tcg", 1);
    run((char *[]){"/harness", "doctor", NULL});
    run((char *[]){"/harness", "run", "-m", "preload|netlink|ebpf", "-w", "static-binary$,case/end-exit",
                   "--scale", "0.02", "--reps", "1", "--out", RECORD, NULL});
    show(RECORD "/summary.json");
    fflush(stdout);
    reboot(RB_POWER_OFF);
    perror("reboot");
    return 1;
}
