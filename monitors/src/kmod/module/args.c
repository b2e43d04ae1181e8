// SPDX-License-Identifier: GPL-2.0
/* What an exec is about: its arguments as they were passed, and the file that runs in the end. */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "rollcall.h"

/* Copies argument after argument until they end, the room is used up or one cannot be read. */
static void copy_arguments(struct rollcall_program *program, const char __user *const __user *argv)
{
	unsigned int index;

	program->flags |= ROLLCALL_ARGV;
	for (index = 0; argv; index++) {
		size_t room = sizeof(program->argv) - program->argv_length;
		const char __user *argument;
		long length;

		if (get_user(argument, argv + index))
			goto unreadable;
		if (!argument)
			return;
		length = room ? strncpy_from_user(program->argv + program->argv_length, argument, room) : 0;
		if (length < 0)
			goto unreadable;
		program->argv_length += length;
		if (length == room) {
			program->flags |= ROLLCALL_ARGV_CUT;
			return;
		}
		program->argv_length++; /* its NUL */
	}
	return;
unreadable:
	/* The real call will fail on it just the same, unless another thread writes there meanwhile. */
	program->flags &= ~ROLLCALL_ARGV;
	program->argv_length = 0;
}

/* Called before the real call, which destroys the memory that the arguments are in. */
struct rollcall_program *rollcall_program_new(const char __user *const __user *argv)
{
	struct rollcall_program *program = kmalloc(sizeof(*program), GFP_KERNEL);

	if (!program)
		return NULL;
	program->flags = 0;
	program->argv_length = 0;
	program->exe_length = 0;
	program->exe = NULL;
	copy_arguments(program, argv);
	return program;
}

/* Called after it. The memory is new and of this process alone, so its file cannot change under us. */
void rollcall_program_name(struct rollcall_program *program)
{
	struct file *file;
	char *name;

	file = current->mm ? rcu_dereference_protected(current->mm->exe_file, true) : NULL;
	if (!file)
		return;
	name = d_path(&file->f_path, program->path, sizeof(program->path));
	if (IS_ERR(name))
		return;
	program->exe = name;
	program->exe_length = strlen(name);
	program->flags |= ROLLCALL_EXE;
}
