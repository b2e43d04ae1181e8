/* What is done to BPF links, programs and maps of another process. */
#include <dirent.h>
#include <linux/bpf.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "act.h"

static long bpf(int command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof *attr);
}

/* Descriptors of the process whose description has `key`, with its number: at most 16. */
struct found {
    int fd[16];
    unsigned id[16];
    int count;
};

static int find(int pid, const char *key, struct found *found)
{
    char path[300], line[256];
    snprintf(path, sizeof path, "/proc/%d/fdinfo", pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return answered(0, path);
    for (struct dirent *one; (one = readdir(folder)) != NULL && found->count < 16;) {
        snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", pid, one->d_name);
        FILE *file = fopen(path, "re");
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            if (strncmp(line, key, strlen(key)) == 0 && found->count < 16) {
                found->fd[found->count] = atoi(one->d_name);
                found->id[found->count++] = (unsigned)strtoul(line + strlen(key), NULL, 10);
            }
        if (file != NULL)
            fclose(file);
    }
    closedir(folder);
    errno = ESRCH;
    return answered(found->count > 0, key);
}

/* By the numbers that bpftool shows: BPF_LINK_GET_FD_BY_ID and BPF_LINK_DETACH. */
int bpf_detach(int pid, const char *word)
{
    struct found links = {0};
    (void)word;
    if (find(pid, "link_id:", &links) != DONE)
        return REFUSED;
    for (int i = 0; i < links.count; i++) {
        union bpf_attr by_id = {.link_id = links.id[i]}, detach = {0};
        int fd = (int)bpf(BPF_LINK_GET_FD_BY_ID, &by_id);
        if (fd < 0)
            return answered(0, "BPF_LINK_GET_FD_BY_ID");
        detach.link_detach.link_fd = (unsigned)fd;
        if (bpf(BPF_LINK_DETACH, &detach) != 0)
            return answered(0, "BPF_LINK_DETACH");
    }
    return DONE;
}

/* A copy of its descriptor, closed: the process keeps its own. */
int bpf_close_copy(int pid, const char *word)
{
    struct found links = {0};
    (void)word;
    if (find(pid, "link_id:", &links) != DONE)
        return REFUSED;
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0)
        return answered(0, "pidfd_open");
    for (int i = 0; i < links.count; i++) {
        int fd = (int)syscall(SYS_pidfd_getfd, process, links.fd[i], 0);
        if (fd < 0)
            return answered(0, "pidfd_getfd");
        close(fd);
    }
    return DONE;
}

#if defined(__x86_64__)
/* Makes the stopped process close a descriptor: the instruction that it was stopped behind is its system call. */
static int close_in(int pid, const struct user_regs_struct *before, int fd)
{
    struct user_regs_struct regs = *before;
    regs.rip -= 2;
    regs.rax = SYS_close;
    regs.orig_rax = (unsigned long long)-1;
    regs.rdi = (unsigned long long)fd;
    int status;
    return ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0 && ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 &&
           waitpid(pid, &status, __WALL) == pid;
}

/* As a debugger: the process itself closes its links. */
int bpf_close(int pid, const char *word)
{
    struct found links = {0};
    struct user_regs_struct before;
    (void)word;
    if (find(pid, "link_id:", &links) != DONE)
        return REFUSED;
    if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0)
        return answered(0, "PTRACE_ATTACH");
    int status, good = waitpid(pid, &status, __WALL) == pid && ptrace(PTRACE_GETREGS, pid, NULL, &before) == 0;
    long text = good ? ptrace(PTRACE_PEEKTEXT, pid, (void *)(before.rip - 2), NULL) : 0;
    good = good && (text & 0xffff) == 0x050f;
    for (int i = 0; good && i < links.count; i++)
        good = close_in(pid, &before, links.fd[i]);
    int why = errno;
    if (good)
        ptrace(PTRACE_SETREGS, pid, NULL, &before);
    ptrace(PTRACE_DETACH, pid, NULL, NULL);
    errno = why;
    return answered(good, "ptrace");
}
#else
int bpf_close(int pid, const char *word)
{
    (void)pid, (void)word;
    fprintf(stderr, "made for x86_64\n");
    return CANNOT;
}
#endif

/* Says in the name of the reader that it has read everything, for two seconds: the first page of a ring is the
 * reader's, and whatever has the map may write it. */
int bpf_consume(int pid, const char *word)
{
    struct found maps = {0};
    (void)word;
    if (find(pid, "map_id:", &maps) != DONE)
        return REFUSED;
    size_t page = (size_t)getpagesize();
    for (int i = 0; i < maps.count; i++) {
        union bpf_attr by_id = {.map_id = maps.id[i]}, about = {0};
        struct bpf_map_info info = {0};
        int fd = (int)bpf(BPF_MAP_GET_FD_BY_ID, &by_id);
        if (fd < 0)
            return answered(0, "BPF_MAP_GET_FD_BY_ID");
        about.info.bpf_fd = (unsigned)fd, about.info.info_len = sizeof info, about.info.info = (unsigned long)&info;
        if (bpf(BPF_OBJ_GET_INFO_BY_FD, &about) != 0 || info.type != BPF_MAP_TYPE_RINGBUF)
            continue;
        unsigned long *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        unsigned long *producer = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, (off_t)page);
        if (consumer == MAP_FAILED || producer == MAP_FAILED)
            return answered(0, "mmap");
        if (fork() != 0)
            return DONE;
        for (int times = 0; times < 20000; times++, usleep(100))
            __atomic_store_n(consumer, __atomic_load_n(producer, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
        _exit(0);
    }
    errno = ENOENT;
    return answered(0, "a ring");
}
