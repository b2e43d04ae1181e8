// SPDX-License-Identifier: GPL-2.0
//
// The programs on LSM hooks (option hook=lsm): bprm_committed_creds for an exec, task_free for an exit.
//
// Of a fork there is no such hook: task_alloc, the only one, runs before the child has a pid of its own
// (copy_process copies its caller's; alloc_pid comes later), and also where the fork then fails.
// on_alloc shows it, and only tests/lsm.rs loads it. So forks come by a tracepoint.
//
// Since 6.2 the kernel begins such a program again on a CPU where it was preempted, instead of passing it
// over. So what an exec's record is put together in must be taken and given back.

#define SLOTS 4
#define ARGS_MOST 2048 // twice as many are too many jumps for the verifier

// A scratch that no other exec of this CPU is using. Two that are preempted inside here may both find
// it taken; never both find it free.
static inline __attribute__((always_inline)) struct scratch *taken(void)
{
	struct scratch *scratch;
	u32 i;

#pragma clang loop unroll(full)
	for (i = 0; i < SLOTS; i++) {
		u32 slot = i;

		scratch = bpf_map_lookup_elem(&SCRATCH, &slot);
		if (!scratch)
			return 0;
		__sync_fetch_and_add(&scratch->users, 1);
		if (*(volatile u64 *)&scratch->users == 1)
			return scratch;
		__sync_fetch_and_add(&scratch->users, -1);
	}
	count(SLOTS_BUSY);
	return 0;
}

// Copies the arguments before the kernel has noted where they end, which it does behind the hook. Each
// is walked over, as it will be then. A byte more than may be told shows whether there is more.
static inline __attribute__((always_inline)) u32
write_new_argv(struct scratch *scratch, struct linux_binprm *program, u8 *flags)
{
	u64 start = program->p, at;
	u32 arguments = program->argc, i = 0;
	long length;

	scratch->argv_at = 0;
#pragma clang loop unroll(disable)
	do {
		SHOWN(i);
		at = scratch->argv_at;
		SHOWN(at);
		if (i >= arguments || at > ARGV_MOST)
			break;
		length = bpf_probe_read_user_str(scratch->bytes + ROOM + EXE_MOST + at, ARGV_MOST + 1 - at,
						 (void *)(start + at));
		if (length < 0) {
			*flags |= ARGV_UNREAD;
			count(ARGV_FAULTS);
			return 0;
		}
		// What kernels say of an empty one.
		if (length == 0) {
			scratch->bytes[ROOM + EXE_MOST + at] = 0;
			length = 1;
		}
		scratch->argv_at = at + length;
	} while (++i < ARGS_MOST);
	at = scratch->argv_at;
	SHOWN(at);
	if (i < arguments || at > ARGV_MOST)
		*flags |= ARGV_CUT;
	return at > ARGV_MOST ? ARGV_MOST : at;
}

static inline __attribute__((always_inline)) int executed_lsm(u64 *args, const int level)
{
	struct linux_binprm *program = (void *)args[0];
	struct scratch *scratch = taken();

	if (!scratch)
		return 0;
	put_exec(scratch, bpf_get_current_task_btf(), program, level == BASE ? 0 : program->filename, level, 1);
	__sync_fetch_and_add(&scratch->users, -1);
	return 0;
}

EXEC_PROGRAMS("lsm/bprm_committed_creds", _by_lsm, u64 *given, executed_lsm)

// When the last reference to a task goes: of each thread, after its parent has waited for it, and after an
// RCU grace period. The leader goes last. What was never born has no exit_state.
SEC("lsm/task_free") int on_exit_by_lsm(u64 *args)
{
	struct task_struct *task = (void *)args[0];

	if (!task->exit_state || task->pid != task->tgid)
		return 0;
	return ended(task);
}

SEC("lsm/task_alloc") int on_alloc(u64 *args)
{
	struct task_struct *child = (void *)args[0];

	if (args[1] & CLONE_THREAD)
		return 0;
	return brief(FORK, child->pid, user(child), child->real_parent->tgid);
}
