/* What the acts share: how one ends, and a table of them. Each is one thing that a process does to a monitor;
 * `act NAME PID WORD` does it. Static and without arguments of Python, so that it runs in a guest too. */
#ifndef ACT_H
#define ACT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Done; the kernel refused it; this machine has not what it takes; used wrongly. */
enum { DONE = 0, REFUSED = 10, CANNOT = 77, MISUSE = 2 };

/* The kernel's answer is the result. */
static inline int answered(int good, const char *what)
{
    if (good)
        return DONE;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return REFUSED;
}

/* Acts are called with the pid of the monitor and a word. */
int stop_reader(int pid, const char *word);
int kill_reader(int pid, const char *word);
int freeze_reader(int pid, const char *word);
int freeze_all(int pid, const char *word);
int starve_cpu(int pid, const char *word);
int starve_memory(int pid, const char *word);
int audit_off(int pid, const char *word);
int audit_delete_rules(int pid, const char *word);
int audit_exclude(int pid, const char *word);
int audit_register(int pid, const char *word);
int connector_ignore(int pid, const char *word);
int accounting_off(int pid, const char *word);
int bpf_detach(int pid, const char *word);
int bpf_close(int pid, const char *word);
int bpf_close_copy(int pid, const char *word);
int bpf_consume(int pid, const char *word);
int flood(int pid, const char *word);
int forge_exec(int pid, const char *word);
int scribble(int pid, const char *word);
int run_static(int pid, const char *word);
int linger(int pid, const char *word);
int step_around(int pid, const char *word);
int kmod_unload(int pid, const char *word);
int kmod_restore_table(int pid, const char *word);
int kmod_ftrace_off(int pid, const char *word);
int probe(int pid, const char *word);

#endif
