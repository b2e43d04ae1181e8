// SPDX-License-Identifier: GPL-2.0
/*
 * rollcall: hooks fork, exec and exit calls and tells /dev/rollcall about those that succeed.
 *
 * For virtual machines that are thrown away afterwards; nowhere else does it load.
 */
#ifdef CONFIG_ARM64
#include <linux/of.h>
#else
#include <linux/cpufeature.h>
#endif
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "rollcall.h"

static char *hook = "table";
module_param(hook, charp, 0444);
MODULE_PARM_DESC(hook, "table: write to the system-call table; ftrace: lead the calls through ftrace");

static unsigned long table;
module_param(table, ulong, 0);
MODULE_PARM_DESC(table, "address of sys_call_table, as /proc/kallsyms has it; not needed by ftrace");

static unsigned long until;
module_param(until, ulong, 0);
MODULE_PARM_DESC(until, "in place of table: an address behind the kernel's read-only data, in which it is searched for");

static unsigned long real[8];
static unsigned int real_count;
module_param_array(real, ulong, &real_count, 0);
MODULE_PARM_DESC(real, "addresses of the calls, as /proc/kallsyms has them");

static int show_calls(char *buffer, const struct kernel_param *param)
{
	return sprintf(buffer, "%ld\n", rollcall_calls());
}
static const struct kernel_param_ops calls_ops = { .get = show_calls };
module_param_cb(calls, &calls_ops, NULL, 0444);
MODULE_PARM_DESC(calls, "calls that came through a hook, whether they succeeded or not");

static int show_restored(char *buffer, const struct kernel_param *param)
{
	return sprintf(buffer, "%u\n", rollcall_table_restored());
}
static const struct kernel_param_ops restored_ops = { .get = show_restored };
module_param_cb(restored, &restored_ops, NULL, 0444);
MODULE_PARM_DESC(restored, "entries of the table that no longer lead to a hook; 0 by ftrace");

static bool by_ftrace;

/* Whether every call has its entry in a table at this address. */
static bool __init is_table(unsigned long at)
{
	unsigned int i;

	for (i = 0; i < rollcall_hook_count; i++) {
		const struct rollcall_hook *hook = &rollcall_hooks[i];
		rollcall_call entry;

		if (copy_from_kernel_nofault(&entry, (void *)(at + hook->number * sizeof(entry)),
					     sizeof(entry)) || entry != hook->real)
			return false;
	}
	return true;
}

/* Kernels without CONFIG_KALLSYMS_ALL do not say where the table is. Read-only data follow the calls. */
static unsigned long __init search(void)
{
	unsigned long at;

	for (at = ALIGN_DOWN(until, sizeof(at)); at > (unsigned long)rollcall_hooks[0].real; at -= sizeof(at))
		if (is_table(at))
			return at;
	return 0;
}

/* The real calls; each must carry the name of the call it is taken for. */
static int __init find_real_calls(void)
{
	static char name[KSYM_SYMBOL_LEN] __initdata;
	unsigned int i;

	if (real_count != rollcall_hook_count)
		return -EINVAL;
	for (i = 0; i < rollcall_hook_count; i++) {
		struct rollcall_hook *hook = &rollcall_hooks[i];
		size_t length, wanted = strlen(hook->symbol);

		hook->real = (rollcall_call)real[i];
		length = snprintf(name, sizeof(name), "%ps", hook->real);
		if (length < wanted || strcmp(name + length - wanted, hook->symbol)) {
			pr_err("rollcall: address %u is of %s, not of %s\n", i, name, hook->symbol);
			return -ENOEXEC;
		}
	}
	return 0;
}

/* QEMU and other hypervisors give their arm64 machine without firmware this name. */
static bool __init virtual_machine(void)
{
#ifdef CONFIG_ARM64
	return of_machine_is_compatible("linux,dummy-virt");
#else
	return boot_cpu_has(X86_FEATURE_HYPERVISOR);
#endif
}

/* Whose entries must be these calls: else something else has changed them. */
static int __init find_table(void)
{
	if (!table)
		table = search();
	if (is_table(table))
		return 0;
	pr_err("rollcall: there is no table with these calls at %lx\n", table);
	return -ENOEXEC;
}

static int __init check_parameters(void)
{
	int error;

	if (!virtual_machine()) {
		pr_err("rollcall: this is no virtual machine\n");
		return -EPERM;
	}
	by_ftrace = !strcmp(hook, "ftrace");
	if (!by_ftrace && strcmp(hook, "table"))
		return -EINVAL;
	error = find_real_calls();
	return error || by_ftrace ? error : find_table();
}

/*
 * No call may be inside a hook when the module goes. First no new calls are led here. The first wait
 * lets those arrive that were already on their way and are not yet counted; then the counted ones
 * leave, a vfork not before its child has let go; the second wait lets go those that are no longer
 * counted and have not yet returned.
 */
static void unhook(void)
{
	if (by_ftrace)
		rollcall_ftrace_stop();
	else
		rollcall_table_stop();
	synchronize_rcu_tasks();
	rollcall_wait_until_left();
	synchronize_rcu_tasks();
}

/*
 * The device comes last: a load that fails frees the module even if the device is open by then. Only
 * a load that has succeeded is held by its openers.
 */
static int __init rollcall_init(void)
{
	int error = check_parameters();

	if (error)
		return error;
	error = rollcall_ring_new();
	if (error)
		return error;
	error = by_ftrace ? rollcall_ftrace_start() : rollcall_table_start(table);
	if (error)
		goto free;
	error = rollcall_device_start();
	if (error)
		goto unhook;
	pr_info("rollcall: hooks are in by %s\n", hook);
	return 0;
unhook:
	unhook();
free:
	rollcall_ring_free();
	return error;
}

static void __exit rollcall_exit(void)
{
	rollcall_device_stop();
	unhook();
	rollcall_ring_free();
	pr_info("rollcall: hooks are out\n");
}

module_init(rollcall_init);
module_exit(rollcall_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tells of every fork, exec and exit by hooking the system calls");
