/* Ends with the code it is told; with "parent" it says what must be reported of itself and of the
 * shell that runs it, in the words of caller.c. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void say(const char *pid, int number, int ppid) {
    char path[64], exe[4096] = "", line[4096] = "";
    snprintf(path, sizeof path, "/proc/%s/exe", pid);
    if (readlink(path, exe, sizeof exe - 1) < 0) abort();
    snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    int fd = open(path, O_RDONLY);
    ssize_t bytes = read(fd, line, sizeof line - 1);
    close(fd);
    for (ssize_t at = 0; at < bytes; at++)
        if (!line[at]) line[at] = '|';
    dprintf(1, "fork %d %d\nexec %d %d %s %s\n", number, ppid, number, ppid, exe, line);
}

int main(int argc, char **argv) {
    int code = argc > 1 ? atoi(argv[1]) : 0;
    if (argc > 2 && argv[2][0] == 'p') {
        char pid[16], state;
        int ppid = 0, unused;
        snprintf(pid, sizeof pid, "%d", getppid());
        char path[64];
        snprintf(path, sizeof path, "/proc/%s/stat", pid);
        FILE *stat = fopen(path, "r");
        if (fscanf(stat, "%d (%*[^)]) %c %d", &unused, &state, &ppid) != 3) abort();
        say(pid, getppid(), ppid);
        say("self", getpid(), getppid());
        dprintf(1, "exit %d %d\nexit %d 3\n", getpid(), code, getppid());
    }
    return code;
}
