// SPDX-License-Identifier: GPL-2.0
/*
 * The classic way: other addresses in the system-call table.
 *
 * The table is read-only. Its pages get a second, writable mapping for the event of the change, so
 * neither a page's protection nor the processor's write protection is ever lifted.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <asm/unistd.h>

#include "rollcall.h"

static unsigned long home;

static void *map_writable(unsigned long address, size_t length, struct page **pages)
{
	unsigned int i, count = (offset_in_page(address) + length + PAGE_SIZE - 1) >> PAGE_SHIFT;
	char *map;

	for (i = 0; i < count; i++)
		pages[i] = pfn_to_page((__pa(address) >> PAGE_SHIFT) + i);
	map = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	return map ? map + offset_in_page(address) : NULL;
}

static int write_all(bool hooked)
{
	size_t length = (__NR_clone3 + 1) * sizeof(rollcall_call);
	struct page *pages[4];
	rollcall_call *table;
	unsigned int i;

	BUILD_BUG_ON((__NR_clone3 + 1) * sizeof(rollcall_call) > 3 * PAGE_SIZE);
	table = map_writable(home, length, pages);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < rollcall_hook_count; i++) {
		struct rollcall_hook *hook = &rollcall_hooks[i];

		WRITE_ONCE(table[hook->number], hooked ? hook->hook : hook->real);
	}
	vunmap((void *)((unsigned long)table & PAGE_MASK));
	return 0;
}

int rollcall_table_start(unsigned long table)
{
	home = table;
	return write_all(true);
}

/* Entries that something else has written back. Reading needs no mapping of its own. */
unsigned int rollcall_table_restored(void)
{
	rollcall_call *table = (rollcall_call *)home;
	unsigned int i, count = 0;

	for (i = 0; table && i < rollcall_hook_count; i++)
		if (READ_ONCE(table[rollcall_hooks[i].number]) != rollcall_hooks[i].hook)
			count++;
	return count;
}

void rollcall_table_stop(void)
{
	/* The module cannot stay away from a table that still leads into it: wait for memory. */
	while (write_all(false))
		cond_resched();
}
