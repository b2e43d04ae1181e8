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

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS

static struct rollcall_hook *hook_at(unsigned long ip)
{
	unsigned int i;

	/* The call to ftrace may stand behind a landing mark of four bytes. */
	for (i = 0; i < rollcall_hook_count; i++)
		if (ip - (unsigned long)rollcall_hooks[i].real <= 4)
			return &rollcall_hooks[i];
	return NULL;
}

static void notrace lead(unsigned long ip, unsigned long caller, struct pt_regs *regs)
{
	struct rollcall_hook *hook = hook_at(ip);

	if (hook && regs && !within_module(caller, THIS_MODULE))
		regs->ip = (unsigned long)hook->hook;
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

static struct ftrace_ops ops = {
	.func = traced,
	.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY,
};

/* One by one: what would do it at once is not for modules on 5.10. */
static void forget(void)
{
	unsigned int i;

	for (i = 0; i < rollcall_hook_count; i++)
		ftrace_set_filter_ip(&ops, (unsigned long)rollcall_hooks[i].real, 1, 0);
}

int rollcall_ftrace_start(void)
{
	unsigned int i;
	int error;

	for (i = 0; i < rollcall_hook_count; i++) {
		error = ftrace_set_filter_ip(&ops, (unsigned long)rollcall_hooks[i].real, 0, 0);
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
