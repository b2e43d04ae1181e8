// SPDX-License-Identifier: GPL-2.0
/*
 * The second way, for kernels that no longer dispatch through the table: ftrace comes first thing in
 * the real call and leads it into the hook, unless it is the hook that calls.
 */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/version.h>

#include "rollcall.h"

#if defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS) || defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)

/* The call to ftrace may stand behind a landing mark and, on arm64, a move: four bytes each. */
#define FARTHEST 8

static struct rollcall_hook *hook_at(unsigned long ip)
{
	unsigned int i;

	for (i = 0; i < rollcall_hook_count; i++)
		if (ip - (unsigned long)rollcall_hooks[i].real <= FARTHEST)
			return &rollcall_hooks[i];
	return NULL;
}

/* Where the call has to be led; 0 when it is to go on. */
static unsigned long notrace led_to(unsigned long ip, unsigned long caller)
{
	struct rollcall_hook *hook = hook_at(ip);

	return hook && !within_module(caller, THIS_MODULE) ? (unsigned long)hook->hook : 0;
}

#ifndef CONFIG_DYNAMIC_FTRACE_WITH_REGS
#define SAVE 0 /* the arguments, which are saved always, do */
static void notrace traced(unsigned long ip, unsigned long caller, struct ftrace_ops *ops,
			   struct ftrace_regs *regs)
{
	unsigned long to = led_to(ip, caller);

	if (to)
		ftrace_regs_set_instruction_pointer(regs, to);
}
#else
#define SAVE FTRACE_OPS_FL_SAVE_REGS
static void notrace lead(unsigned long ip, unsigned long caller, struct pt_regs *regs)
{
	unsigned long to = led_to(ip, caller);

	if (to && regs)
		instruction_pointer_set(regs, to);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
static void notrace traced(unsigned long ip, unsigned long caller, struct ftrace_ops *ops,
			   struct pt_regs *regs)
{
	lead(ip, caller, regs);
}
#else
static void notrace traced(unsigned long ip, unsigned long caller, struct ftrace_ops *ops,
			   struct ftrace_regs *regs)
{
	lead(ip, caller, ftrace_get_regs(regs));
}
#endif
#endif

static struct ftrace_ops ops = {
	.func = traced,
	.flags = SAVE | FTRACE_OPS_FL_IPMODIFY,
};

/* Adds a call to those that are traced, or takes it out. 5.10 wants the very place of the call to ftrace; later
 * kernels find it from the beginning. */
static int filter(struct rollcall_hook *hook, int remove)
{
	unsigned long offset;
	int error = -EINVAL;

	for (offset = 0; error && offset <= FARTHEST; offset += 4)
		error = ftrace_set_filter_ip(&ops, (unsigned long)hook->real + offset, remove, 0);
	return error;
}

/* One by one: what would do it at once is not for modules on 5.10. */
static void forget(void)
{
	unsigned int i;

	for (i = 0; i < rollcall_hook_count; i++)
		filter(&rollcall_hooks[i], 1);
}

int rollcall_ftrace_start(void)
{
	unsigned int i;
	int error;

	for (i = 0; i < rollcall_hook_count; i++) {
		error = filter(&rollcall_hooks[i], 0);
		if (error)
			goto out;
	}
	error = register_ftrace_function(&ops);
	if (!error)
		return 0;
out:
	forget();
	return error;
}

void rollcall_ftrace_stop(void)
{
	/* As with the table: no going away while calls are still led here. */
	while (unregister_ftrace_function(&ops)) {
		pr_err_ratelimited("rollcall: ftrace does not let go\n");
		msleep(100);
	}
	forget();
}

#else

int rollcall_ftrace_start(void)
{
	return -EOPNOTSUPP;
}

void rollcall_ftrace_stop(void)
{
}

#endif
