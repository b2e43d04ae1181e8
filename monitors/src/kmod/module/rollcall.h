/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of this module share.
 *
 * A record, as /dev/rollcall hands it out: this head, then the path, then the arguments (each ends in
 * a NUL), then padding to a multiple of eight. decode.rs reads the same layout.
 */
#ifndef ROLLCALL_H
#define ROLLCALL_H

#include <linux/linkage.h>
#include <linux/ptrace.h>
#include <linux/types.h>

enum rollcall_kind { ROLLCALL_FORK, ROLLCALL_EXEC, ROLLCALL_EXIT };

#define ROLLCALL_PPID 1
#define ROLLCALL_STATUS 2
#define ROLLCALL_EXE 4
#define ROLLCALL_ARGV 8
#define ROLLCALL_ARGV_CUT 16

struct rollcall_record {
	u32 size;	/* all of it, padding included */
	u8 kind;
	u8 flags;
	u16 exe_length;
	u32 pid;
	u32 ppid;
	s32 status;
	u32 argv_length;
	u64 time;	/* CLOCK_MONOTONIC, ns */
};

/* ring.c */
int rollcall_ring_new(void);
void rollcall_ring_free(void);
int rollcall_device_start(void);
void rollcall_device_stop(void);
void rollcall_put(struct rollcall_record *head, const char *exe, const char *argv);
void rollcall_lost(void);

/* args.c */
struct rollcall_program {
	char *exe;
	u32 exe_length;
	u32 argv_length;
	u8 flags;
	char argv[4096];
	char path[4096];
};
struct rollcall_program *rollcall_program_new(const char __user *const __user *argv);
void rollcall_program_name(struct rollcall_program *program);

/* The first three arguments of a system call, as its wrapper gets them. */
#ifdef CONFIG_ARM64
#define rollcall_first(entry) ((entry)->regs[0])
#define rollcall_second(entry) ((entry)->regs[1])
#define rollcall_third(entry) ((entry)->regs[2])
#else
#define rollcall_first(entry) ((entry)->di)
#define rollcall_second(entry) ((entry)->si)
#define rollcall_third(entry) ((entry)->dx)
#endif

/* hooks.c */
typedef asmlinkage long (*rollcall_call)(const struct pt_regs *regs);
struct rollcall_hook {
	unsigned int number;
	const char *symbol;	/* how the name of the real call ends */
	rollcall_call hook;
	rollcall_call real;
};
extern struct rollcall_hook rollcall_hooks[];
extern const unsigned int rollcall_hook_count;
long rollcall_calls(void);
void rollcall_wait_until_left(void);

/* table.c and trace.c: the two ways to come before the real call */
int rollcall_table_start(unsigned long table);
void rollcall_table_stop(void);
unsigned int rollcall_table_restored(void);
int rollcall_ftrace_start(void);
void rollcall_ftrace_stop(void);

#endif
