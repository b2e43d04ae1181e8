// SPDX-License-Identifier: GPL-2.0
/*
 * The hooks: what runs in place of each call. Both ways of hooking lead here.
 *
 * Only a call that succeeds makes an event. A fork is told when the call has returned to the parent,
 * with the time at which it was entered: a vfork returns long after its child began. An exec is told
 * when it has returned 0. An exit never returns and is told before; so a process that a signal kills
 * is not told at all, and of two last threads that exit at once each may take the other for the last.
 * 32-bit calls go through a table of their own, which is left alone.
 */
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <uapi/linux/sched.h>
#include <asm/unistd.h>

#include "rollcall.h"

static atomic_long_t calls = ATOMIC_LONG_INIT(0);
static atomic_t inside = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(left);

enum {
#ifndef CONFIG_ARM64
	FORK, VFORK,
#endif
	CLONE, CLONE3, EXECVE, EXECVEAT, EXIT, EXIT_GROUP
};

static void enter(void)
{
	atomic_long_inc(&calls);
	atomic_inc(&inside);
}

static void leave(void)
{
	if (atomic_dec_and_test(&inside))
		wake_up(&left);
}

void rollcall_wait_until_left(void)
{
	wait_event(left, !atomic_read(&inside));
}

long rollcall_calls(void)
{
	return atomic_long_read(&calls);
}

static u32 parent_of(struct task_struct *task)
{
	u32 pid;

	rcu_read_lock();
	pid = rcu_dereference(task->real_parent)->tgid;
	rcu_read_unlock();
	return pid;
}

/* The child's pid in the initial namespace; 0 when it is gone before it could be looked up. */
static u32 global_pid(long returned)
{
	struct pid *pid;
	u32 number = 0;

	if (task_active_pid_ns(current) == &init_pid_ns)
		return returned;
	rcu_read_lock();
	pid = find_vpid(returned);
	if (pid)
		number = pid_nr(pid);
	rcu_read_unlock();
	return number;
}

static void forked(long returned, u64 flags, u64 entered)
{
	struct rollcall_record record = { .kind = ROLLCALL_FORK, .flags = ROLLCALL_PPID, .time = entered };

	if (returned <= 0 || flags & CLONE_THREAD)
		return;
	record.pid = global_pid(returned);
	record.ppid = flags & CLONE_PARENT ? parent_of(current) : current->tgid;
	if (record.pid)
		rollcall_put(&record, NULL, NULL);
	else
		rollcall_lost();
}

/* Flags that cannot be read are as good as any: the real call fails on them, too. */
static u64 flags_of(const struct pt_regs *regs, int which)
{
	u64 flags = 0;

	if (which == CLONE)
		return rollcall_first(regs);
	if (which == CLONE3 && get_user(flags, (const u64 __user *)rollcall_first(regs)))
		return CLONE_THREAD;
	return flags;
}

static long fork_like(const struct pt_regs *regs, int which)
{
	u64 entered = ktime_get_ns(), flags;
	long returned;

	enter();
	flags = flags_of(regs, which);
	returned = rollcall_hooks[which].real(regs);
	forked(returned, flags, entered);
	leave();
	return returned;
}

#ifndef CONFIG_ARM64 /* which has clone alone */
static asmlinkage long hook_fork(const struct pt_regs *regs)
{
	return fork_like(regs, FORK);
}

static asmlinkage long hook_vfork(const struct pt_regs *regs)
{
	return fork_like(regs, VFORK);
}
#endif

static asmlinkage long hook_clone(const struct pt_regs *regs)
{
	return fork_like(regs, CLONE);
}

static asmlinkage long hook_clone3(const struct pt_regs *regs)
{
	return fork_like(regs, CLONE3);
}

static void executed(struct rollcall_program *program)
{
	struct rollcall_record record = {
		.kind = ROLLCALL_EXEC,
		.pid = current->tgid,
		.ppid = parent_of(current),
		.time = ktime_get_ns(),
	};

	rollcall_program_name(program);
	record.flags = ROLLCALL_PPID | program->flags;
	record.exe_length = program->exe_length;
	record.argv_length = program->argv_length;
	rollcall_put(&record, program->exe, program->argv);
}

static long exec_like(const struct pt_regs *regs, int which, unsigned long argv)
{
	struct rollcall_program *program;
	long returned;

	enter();
	program = rollcall_program_new((const char __user *const __user *)argv);
	returned = rollcall_hooks[which].real(regs);
	if (returned == 0 && program)
		executed(program);
	else if (returned == 0)
		rollcall_lost();
	kfree(program);
	leave();
	return returned;
}

static asmlinkage long hook_execve(const struct pt_regs *regs)
{
	return exec_like(regs, EXECVE, rollcall_second(regs));
}

static asmlinkage long hook_execveat(const struct pt_regs *regs)
{
	return exec_like(regs, EXECVEAT, rollcall_third(regs));
}

/* Whether this call ends the process; a thread that is not the last only ends itself. */
static bool ends_process(bool whole_group)
{
	struct signal_struct *signal = current->signal;

	return !(signal->flags & SIGNAL_GROUP_EXIT) && (whole_group || atomic_read(&signal->live) == 1);
}

/* A process whose first thread went before the last has the status of the first. */
static int status_of(int code, bool whole_group)
{
	if (whole_group || thread_group_leader(current))
		return (code & 0xff) << 8;
	return current->group_leader->exit_code;
}

/*
 * The count goes down before the real call: no call comes back from it, and module text is not needed
 * by a task that never returns to it.
 */
static void exiting(int code, bool whole_group)
{
	struct rollcall_record record = { .kind = ROLLCALL_EXIT, .flags = ROLLCALL_STATUS };

	enter();
	if (ends_process(whole_group)) {
		record.pid = current->tgid;
		record.status = status_of(code, whole_group);
		record.time = ktime_get_ns();
		rollcall_put(&record, NULL, NULL);
	}
	leave();
}

static asmlinkage long hook_exit(const struct pt_regs *regs)
{
	long returned;

	exiting(rollcall_first(regs), false);
	returned = rollcall_hooks[EXIT].real(regs);
	barrier(); /* no jump in place of a call: the ftrace way must see that we are the caller */
	return returned;
}

static asmlinkage long hook_exit_group(const struct pt_regs *regs)
{
	long returned;

	exiting(rollcall_first(regs), true);
	returned = rollcall_hooks[EXIT_GROUP].real(regs);
	barrier();
	return returned;
}

struct rollcall_hook rollcall_hooks[] = {
#ifndef CONFIG_ARM64
	[FORK] = { __NR_fork, "_sys_fork", hook_fork },
	[VFORK] = { __NR_vfork, "_sys_vfork", hook_vfork },
#endif
	[CLONE] = { __NR_clone, "_sys_clone", hook_clone },
	[CLONE3] = { __NR_clone3, "_sys_clone3", hook_clone3 },
	[EXECVE] = { __NR_execve, "_sys_execve", hook_execve },
	[EXECVEAT] = { __NR_execveat, "_sys_execveat", hook_execveat },
	[EXIT] = { __NR_exit, "_sys_exit", hook_exit },
	[EXIT_GROUP] = { __NR_exit_group, "_sys_exit_group", hook_exit_group },
};
const unsigned int rollcall_hook_count = ARRAY_SIZE(rollcall_hooks);
