"""What is done to which technique, by which adversary."""

from dataclasses import dataclass

# Each hook where it works: the table on 5.10, ftrace on later kernels.
KMOD = ("kmod{hook=table}", "kmod{hook=ftrace}")
READERS = ("preload", "netlink", "audit", "ebpf", *KMOD)
TECHNIQUES = (*READERS, "accounting")
ADVERSARIES = {
    "user": "a process of the workload's own user; `preload` runs as that user, the others as root",
    "container": "root of a user namespace, with pid, mount and network namespaces of its own",
    "capabilities": "root of the machine with a container's default capabilities, in the same namespaces but the user's",
    "root": "root of the machine",
}
# Whatever a monitor says within this has been told; the promise of the monitors is the same.
TOLD_WITHIN = 1.0


@dataclass(frozen=True)
class Act:
    """`by`: "monitor" is done to the monitor, "self" is what a process does so that it is not seen."""
    name: str
    techniques: tuple
    analysis: str
    by: str = "monitor"
    # A buffer so small that the flood can fill it; the label has it.
    options: str = ""
    word: str = ""


FLOOD = "20000"
# An emulated CPU forks some hundred times a second, and the ring there is full after as many.
GUEST_FLOOD = "2000"
ACTS = (
    Act("preload-unset", ("preload",), "LD_PRELOAD is taken out of the environment before a shell is executed, which executes "
        "programs. The library is not loaded; the monitor has no channel to a process that never opened it, and cannot tell it from one that never ran. "
        "The place: ld.so reads LD_PRELOAD from the environment of the new program, and the kernel gives no part in that to "
        "anybody else (fs/exec.c, copy_strings).", "self"),
    Act("preload-overwrite", ("preload",), "LD_PRELOAD names another library. As with `preload-unset`, and ld.so prints a line "
        "where that library does not exist.", "self"),
    Act("preload-static", ("preload",), "A static program executes a static program. Nothing loads a library, so nothing is "
        "hooked and nothing can tell.", "self"),
    Act("preload-step-around", ("preload",), "The process finds the library in /proc/self/maps and makes its system calls "
        "without the C library, with an empty environment for the program it starts. The kernel's entry (do_syscall_64) "
        "cannot be hooked from a process.", "self"),
    Act("preload-forge", ("preload",), "The process calls the library's execve and is killed by a filter of system calls at the "
        "entry of the call: the library has told of an exec that never comes. `forged` counts such events that the monitor "
        "reports. Who writes into the channel says what it likes; nothing in it is signed.", "self"),
    Act("preload-scribble", ("preload",), "Zeros over the whole ring in shared memory, which every program that is watched has "
        "open for writing. The kernel has no mapping that a process may only append to (mm/mmap.c: a shared mapping is "
        "writable or not), so what was overwritten cannot be told from what was never written.", word="CHANNEL"),
    Act("preload-flood", ("preload",), "A process of the same user forks faster than the ring of 64 KiB is read. The library "
        "counts what finds the ring full.", options="{ring=64k}", word=FLOOD),
    Act("netlink-ignore", ("netlink",), "A socket that never listened sends an operation that does not exist and then "
        "PROC_CN_MCAST_IGNORE, which takes one off the kernel's count of listeners (drivers/connector/cn_proc.c, "
        "cn_proc_mcast_ctl). Nothing is sent any more. The monitor asks for a message that it causes itself whenever none came "
        "for half a second."),
    Act("netlink-flood", ("netlink",), "Forks until the queue of the socket is full: it holds some ten messages. The kernel "
        "counts what it drops in Drops of /proc/net/netlink, and the monitor tells it.", options="{rcvbuf=8k}", word=FLOOD),
    Act("audit-off", ("audit",), "AUDIT_SET with enabled=0. The kernel sends a CONFIG_CHANGE record of it to the monitor itself, "
        "which asks for the state and ends."),
    Act("audit-delete-rules", ("audit",), "Every rule is listed and deleted, as auditctl -D does. Each deletion is a record."),
    Act("audit-exclude", ("audit",), "A rule is added that excludes the records of system calls. The monitor is told of the rule, "
        "and finds that it hides what is watched."),
    Act("audit-register", ("audit",), "Another process registers as the audit daemon, and then takes the registration off. The "
        "kernel refuses both while the registered daemon lives (kernel/audit.c, audit_set_pid: it is asked with "
        "AUDIT_REPLACE)."),
    Act("audit-flood", ("audit",), "Forks until the backlog of 64 records is full, with calls that do not wait for it. The kernel "
        "counts `lost`, and the monitor tells it.", options="{backlog=64,wait=0}", word=FLOOD),
    Act("ebpf-detach", ("ebpf",), "BPF_LINK_GET_FD_BY_ID and BPF_LINK_DETACH on each link. Links of raw and BTF tracepoints and of "
        "perf events have no detach operation, so the kernel refuses it to root too (kernel/bpf/syscall.c, link_detach: "
        "-EOPNOTSUPP)."),
    Act("ebpf-close-copy", ("ebpf",), "pidfd_getfd copies the descriptors of the links, and the copies are closed. The monitor has "
        "its own, so its programs stay attached: a program goes with its last descriptor."),
    Act("ebpf-close", ("ebpf",), "A debugger (ptrace) makes the monitor close its own links. It finds them gone when nothing came "
        "for half a second."),
    Act("ebpf-consume", ("ebpf",), "Whatever has the map of a ring buffer may write its first page, the reader's position. It is "
        "set to the writer's for two seconds, as if all had been read."),
    Act("ebpf-flood", ("ebpf",), "Forks from a process of its own until the ring of one page is full. The program counts what finds "
        "no space, and the monitor tells it.", options="{ring=4k}", word=FLOOD),
    Act("reader-stop", READERS, "SIGSTOP. The process that started the monitor is told by the kernel (SIGCHLD, waitpid with "
        "WUNTRACED); `by` says so. Buffers fill meanwhile."),
    Act("reader-kill", READERS, "SIGKILL. The process that started the monitor is told by the kernel; what the monitor had "
        "switched on is put back by the next start."),
    Act("reader-freeze", READERS, "The reader is moved into a frozen control group. The kernel tells no parent of that: "
        "do_notify_parent_cldstop is called for signals only (kernel/signal.c), and kernel/cgroup/freezer.c and "
        "legacy_freezer.c call nothing like it. A process that the watch has started (harness pulse) gets a beat from it four times a "
        "second, and tells when none comes."),
    Act("reader-freeze-all", READERS, "The reader and the process that listens to its pulse are moved into a frozen control group. "
        "Whatever would tell is frozen too, and the kernel tells nothing outside the group but who has its cgroup.events open "
        "(kernel/cgroup/freezer.c, cgroup_update_frozen; of version 1, legacy_freezer.c, nothing at all): the probe shows it. Both tell when they are thawed. A "
        "starter that must know asks the watch for an answer, as with a terminal that does not answer."),
    Act("reader-starve-cpu", READERS, "The reader is moved into a control group with one millisecond of CPU in each second. It "
        "goes on, later. The kernel tells no process that another is throttled (kernel/sched/fair.c, throttle_cfs_rq; the probe shows it); the process "
        "that listens to its pulse tells that it does not run, 650 ms after its last beat: a reader that costs as little as `ebpf` goes on for a second or "
        "two within its millisecond, and is told of after that."),
    Act("reader-starve-memory", READERS, "The reader is moved into a control group that allows 64 KiB more than it has. What it "
        "has stays charged where it was, so it goes on until it needs a new page; then the kernel ends it, which its starter "
        "is told."),
    Act("accounting-off", ("accounting",), "acct(NULL). The kernel writes one last record for the process that did it; the monitor "
        "asks whether the end of a process of its own is still recorded."),
    Act("kmod-unload", KMOD, "delete_module, as rmmod does. The monitor has /dev/rollcall open, which holds the module "
        "(kernel/module, try_stop_module: EWOULDBLOCK). With O_TRUNC, as rmmod --force, a kernel with CONFIG_MODULE_FORCE_UNLOAD "
        "lets it go all the same (try_force_unload), and the reader's next poll takes the whole machine down: no act of this "
        "matrix, for no machine is left to tell of it."),
    Act("kmod-restore-table", KMOD[:1], "Another module writes the kernel's own calls back into sys_call_table. Nothing guards "
        "an entry, and no call comes to the hooks any more. The monitor has the module compare the table twice a second, "
        "and says so when it has taken its module out, which waits for every call that is on its way through a hook "
        "(kernel/rcu/tasks.h, synchronize_rcu_tasks): a second or two of an emulated CPU."),
    Act("kmod-ftrace-off", KMOD[1:], "kernel.ftrace_enabled is set to 0: the kernel takes all calls of ftrace out of its code "
        "(kernel/trace/ftrace.c, ftrace_shutdown_sysctl). The monitor makes a call that fails twice a second, and sees that it came by no hook."),
    Act("kmod-flood", KMOD, "Forks from a process of its own until the ring of four pages, the least that the module takes, is full. The module counts what finds no "
        "space, and the monitor tells it.", options="{ring=16k}", word=GUEST_FLOOD),
)


def label(act: Act, technique: str) -> str:
    """The technique may have options of its own."""
    return (technique + act.options).replace("}{", ",")
