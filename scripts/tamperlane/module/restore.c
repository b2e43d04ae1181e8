// SPDX-License-Identifier: GPL-2.0
/*
 * What an adversary with the right to load modules does to hooks in the system-call table: writes the
 * kernel's own calls back. It has done that when its load fails with ECANCELED: it never stays. For virtual
 * machines that are thrown away afterwards; nowhere else does it load.
 */
#include <linux/cpufeature.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#define MOST 16

static unsigned long table;
module_param(table, ulong, 0);
static unsigned int numbers[MOST], given;
module_param_array(numbers, uint, &given, 0);
static unsigned long calls[MOST];
module_param_array(calls, ulong, NULL, 0);

static int __init restore_init(void)
{
	unsigned long at;
	struct page *page;
	unsigned int i;
	char *map;

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR) || !table || !given)
		return -EINVAL;
	for (i = 0; i < given; i++) {
		at = table + numbers[i] * sizeof(at);
		page = pfn_to_page(__pa(at) >> PAGE_SHIFT);
		map = calls[i] ? vmap(&page, 1, VM_MAP, PAGE_KERNEL) : NULL;
		if (!map)
			return -ENOMEM;
		WRITE_ONCE(*(unsigned long *)(map + offset_in_page(at)), calls[i]);
		vunmap(map);
	}
	return -ECANCELED;
}

module_init(restore_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Writes entries of the system-call table");
