// SPDX-License-Identifier: GPL-2.0
//
// The kernel side of the `ebpf` monitor: three hooks, one ring.
//
// There are two sets of programs on tracepoints, and one on LSM hooks (lsm.bpf.h). Those on BTF tracepoints cost least. Since 7.0 these may be
// preempted, and what then happens on the same CPU is passed over: a program is not begun again
// while it runs there. Programs by way of perf are called with preemption off, so there they serve.

#include "kernel.bpf.h"

// ---- Records. decode.rs reads them; all numbers in the machine's byte order.

enum { FORK, EXEC, EXIT };
enum { EXE_CUT = 1, ARGV_CUT = 2, EXE_UNREAD = 4, ARGV_UNREAD = 8, DETAILED = 16 };
enum { CWD_CUT = 1, CWD_UNREAD = 4, PATH_CUT = 2, PATH_UNREAD = 8, CWD_TOLD = 16, NO_AUID = 32 };

struct brief {
	u8 kind, flags;
	u16 zero;
	u32 pid;
	u64 happened;
	u32 euid; // the child's, the process's
	union {
		u32 ppid;   // of a fork
		int status; // of an exit
	};
};

// Followed by 0 to 7 bytes without meaning, then exe, then argv.
struct exec {
	u8 kind, flags;
	u16 zero;
	u32 pid;
	u64 happened;
	u32 ppid, euid;
	u16 exe_length, argv_length;
	u32 end;
};

// Follows `struct exec` where it is DETAILED; its path and its cwd follow the argv.
struct details {
	u64 born, cgroup;
	u32 uid, gid, auid, session, pid_ns, inner_pid;
	u16 path_length, cwd_length;
	u32 flags;
	char comm[16], tty[16];
};

struct detailed {
	struct exec exec;
	struct details details;
};

// How much an exec's record tells: as little as may be, with the details, with the cwd too.
enum { BASE, USUAL, ALL };

#define EXE_MOST 4096  // a power of two: positions are masked with it
#define ARGV_MOST 4096
#define PATH_MOST 4096
#define NAME_MOST 255
#define DEPTH 96       // path components walked at most in the file's mount, and as many steps above
#define ROOM 120       // where the area of exe begins: its head and up to 7 bytes fit before it
#define DELETED " (deleted)"
#define DELETED_LENGTH 10

// ---- Maps.

struct {
	int (*type)[27]; // BPF_MAP_TYPE_RINGBUF
	int (*max_entries)[16 << 20];
} RING SEC(".maps");

enum { RING_FULL, EXE_FAULTS, ARGV_FAULTS, SLOTS_BUSY, COUNTERS };

struct {
	int (*type)[6]; // BPF_MAP_TYPE_PERCPU_ARRAY
	u32 *key;
	u64 *value;
	int (*max_entries)[COUNTERS];
} COUNTS SEC(".maps");

// An exec's record is put together here: the path grows from the end of its area to the front,
// because a file knows its parents; argv follows, and the head is put where the path turned out
// to begin. The verifier takes the latest start and the greatest length to be possible at once,
// so there must be room for that too.
struct scratch {
	u8 bytes[ROOM + EXE_MOST + ARGV_MOST + PATH_MOST + PATH_MOST + EXE_MOST + ROOM];
	// Where the path begins so far. In memory, of which the verifier knows nothing: so all ways
	// through a loop look alike to it, and it goes through each once. Loading takes a seventh of the
	// time that it takes with a variable.
	u64 at;
	// The same of the cwd, which has an area of its own, and behind it room as above.
	u64 cwd_at;
	u8 cwd[EXE_MOST + NAME_MOST + 1];
	// Only of lsm.bpf.h: how much of argv is there, and how many put something together here.
	u64 argv_at, users;
};

struct {
	int (*type)[6];
	u32 *key;
	struct scratch *value;
	int (*max_entries)[1];
} SCRATCH SEC(".maps");

// Thread groups whose end was reported, for kernels that do not say which thread was the last.
struct group {
	u64 born;
	u32 pid, zero;
};

struct {
	int (*type)[9]; // BPF_MAP_TYPE_LRU_HASH
	struct group *key;
	u8 *value;
	int (*max_entries)[4096];
} ENDED SEC(".maps");

static inline __attribute__((always_inline)) void count(u32 which)
{
	u64 *counter = bpf_map_lookup_elem(&COUNTS, &which);

	if (counter)
		__sync_fetch_and_add(counter, 1);
}

// What /proc/PID belongs to, were it asked now.
static inline __attribute__((always_inline)) u32 user(struct task_struct *task)
{
	return task->real_cred->euid.val;
}

static inline __attribute__((always_inline)) int brief(u8 kind, u32 pid, u32 euid, u32 ppid_or_status)
{
	struct brief *record = bpf_ringbuf_reserve(&RING, sizeof(*record), 0);

	if (!record) {
		count(RING_FULL);
		return 0;
	}
	record->kind = kind;
	record->flags = 0;
	record->zero = 0;
	record->pid = pid;
	record->happened = bpf_ktime_get_ns();
	record->euid = euid;
	record->ppid = ppid_or_status;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

// Arguments: the caller, the new task. The caller is not always the parent (CLONE_PARENT).
SEC("tp_btf/sched_process_fork") int on_fork(u64 *args)
{
	struct task_struct *child = (void *)args[1];
	u32 pid = child->pid;

	if (pid != (u32)child->tgid)
		return 0;
	return brief(FORK, pid, user(child), child->real_parent->tgid);
}

// By way of perf there is no child to look at. It takes on its caller's parent where it is told to,
// and its caller's user always.
SEC("tracepoint/task/task_newtask") int on_newtask(struct trace_event_raw_task_newtask *event)
{
	struct task_struct *caller = bpf_get_current_task_btf(), *parent = caller;

	if (event->clone_flags & CLONE_THREAD)
		return 0;
	if (event->clone_flags & CLONE_PARENT)
		parent = parent->real_parent;
	return brief(FORK, event->pid, user(caller), parent->tgid);
}

// What waitpid would say once the whole group is gone: wait_task_zombie() reckons the same way.
static inline __attribute__((always_inline)) int ended(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	int status;

	if (signal->flags & SIGNAL_GROUP_EXIT)
		status = signal->group_exit_code;
	else
		status = task->group_leader->exit_code;
	return brief(EXIT, task->tgid, user(task), status);
}

// 6.16 and later say whether this thread was the last.
SEC("tp_btf/sched_process_exit") int on_exit_of_last(u64 *args)
{
	struct task_struct *task = (void *)args[0];

	if (!(args[1] & 1))
		return 0;
	return ended(task);
}

SEC("tracepoint/sched/sched_process_exit") int on_exit_by_perf(struct trace_event_raw_sched_process_exit *event)
{
	if (!event->group_dead)
		return 0;
	return ended(bpf_get_current_task_btf());
}

// Earlier kernels do not, and between the count going down and this tracepoint a thread may sleep:
// several can then find `live` at 0. The first of them reports. A process that never had a second
// thread pays for one look-up only.
SEC("tp_btf/sched_process_exit") int on_exit_of_any(u64 *args)
{
	struct task_struct *task = (void *)args[0];
	struct group group = {};
	int added;
	u8 one = 1;

	if (task->signal->live.counter != 0)
		return 0;
	group.pid = task->tgid;
	group.born = task->group_leader->start_time;
	if (task->signal->nr_threads == 1) {
		if (bpf_map_lookup_elem(&ENDED, &group))
			return 0;
	} else {
		// An int: before 6.4 the upper half of what comes back is not the sign.
		added = bpf_map_update_elem(&ENDED, &group, &one, BPF_NOEXIST);
		if (added == -EEXIST)
			return 0;
	}
	return ended(task);
}

#include "path.bpf.h"

// Copies what /proc/PID/cmdline would show. The kernel has only just written these pages.
static inline __attribute__((always_inline)) u32
write_argv(struct scratch *scratch, struct mm_struct *mm, u8 *flags)
{
	u64 start = mm->arg_start, length = mm->arg_end - start;

	if (length > ARGV_MOST) {
		length = ARGV_MOST;
		*flags |= ARGV_CUT;
	}
	SHOWN(length);
	if (length > ARGV_MOST)
		return 0;
	if (bpf_probe_read_user(scratch->bytes + ROOM + EXE_MOST, length, (void *)start)) {
		*flags |= ARGV_UNREAD;
		count(ARGV_FAULTS);
		return 0;
	}
	return length;
}

#include "details.bpf.h"

static inline __attribute__((always_inline)) u32
write_new_argv(struct scratch *scratch, struct linux_binprm *program, u8 *flags);

// Puts the record of an exec together in `scratch`, and hands it over. Where execve is still `under_way`
// the arguments are where `program` says.
static inline __attribute__((always_inline)) void
put_exec(struct scratch *scratch, struct task_struct *task, struct linux_binprm *program, const char *path,
	 const int level, const int under_way)
{
	const u32 head_size = level == BASE ? sizeof(struct exec) : sizeof(struct detailed);
	u64 happened = bpf_ktime_get_ns();
	u32 argv, more = 0;
	u64 at, start, size;
	u8 flags;
	struct file *file = task->mm->exe_file;
	struct exec *head;

	scratch->at = EXE_MOST;
	flags = put_path(scratch->bytes + ROOM, &scratch->at, file->f_path.mnt, file->f_path.dentry);
	if (flags & EXE_UNREAD) {
		count(EXE_FAULTS);
		scratch->at = EXE_MOST;
	}
	argv = under_way ? write_new_argv(scratch, program, &flags) : write_argv(scratch, task->mm, &flags);
	at = scratch->at;
	SHOWN(at);
	if (at > EXE_MOST)
		return;
	// On a multiple of 8, so that the head may be written on any machine.
	start = (ROOM - head_size + at) & ~7u;
	head = (void *)scratch->bytes + start;
	head->kind = EXEC;
	head->flags = flags;
	head->zero = 0;
	head->pid = task->tgid;
	head->happened = happened;
	head->ppid = task->real_parent->tgid;
	head->euid = user(task);
	head->end = 0;
	head->exe_length = EXE_MOST - at;
	head->argv_length = argv;
	if (level != BASE) {
		head->flags |= DETAILED;
		more = put_details(scratch, (void *)(head + 1), task, path, argv, level);
	}
	size = ROOM + EXE_MOST - start + argv + more;
	SHOWN(size);
	if (size > ROOM + EXE_MOST + ARGV_MOST + (level == BASE ? 0 : PATH_MOST + PATH_MOST))
		return;
	if (bpf_ringbuf_output(&RING, head, size, 0))
		count(RING_FULL);
}

static inline __attribute__((always_inline)) int
executed(struct task_struct *task, const char *path, const int level)
{
	u32 zero = 0;
	struct scratch *scratch = bpf_map_lookup_elem(&SCRATCH, &zero);

	if (scratch)
		put_exec(scratch, task, 0, path, level, 0);
	return 0;
}

static inline __attribute__((always_inline)) int executed_btf(u64 *args, const int level)
{
	struct linux_binprm *program = (void *)args[2];

	return executed((void *)args[0], level == BASE ? 0 : program->filename, level);
}

static inline __attribute__((always_inline)) int
executed_perf(struct trace_event_raw_sched_process_exec *event, const int level)
{
	const char *path = 0;

	if (level != BASE)
		path = (void *)event + (event->__data_loc_filename & 0xffff);
	return executed(bpf_get_current_task_btf(), path, level);
}

// The programs of one hook, called `suffix`: one for each level, so that the others cost it nothing. Each does `told`.
#define EXEC_PROGRAMS(hook, suffix, argument, told)                                    \
	SEC(hook) int on_exec##suffix(argument) { return told(given, BASE); }          \
	SEC(hook) int on_exec_usual##suffix(argument) { return told(given, USUAL); }   \
	SEC(hook) int on_exec_all##suffix(argument) { return told(given, ALL); }

EXEC_PROGRAMS("tp_btf/sched_process_exec", , u64 *given, executed_btf)
EXEC_PROGRAMS("tracepoint/sched/sched_process_exec", _by_perf, struct trace_event_raw_sched_process_exec *given, executed_perf)

#include "lsm.bpf.h"

char LICENSE[] SEC("license") = "GPL";
