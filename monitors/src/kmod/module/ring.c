// SPDX-License-Identifier: GPL-2.0
/*
 * The ring between the hooks and one reader, and the device it is read through. When the ring is full
 * a record is dropped and counted; a call is never held up for a slow reader.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#include "rollcall.h"

static unsigned long ring = 4 << 20;
module_param(ring, ulong, 0444);
MODULE_PARM_DESC(ring, "bytes between the hooks and the reader, a power of two");

static atomic_long_t dropped = ATOMIC_LONG_INIT(0);

static int show_dropped(char *buffer, const struct kernel_param *param)
{
	return sprintf(buffer, "%ld\n", atomic_long_read(&dropped));
}
static const struct kernel_param_ops dropped_ops = { .get = show_dropped };
module_param_cb(dropped, &dropped_ops, NULL, 0444);
MODULE_PARM_DESC(dropped, "records that found no room");

static char *bytes;
static u64 head, tail; /* only ever grow; the place in the ring is their rest */
static DEFINE_SPINLOCK(writers);
static DEFINE_MUTEX(readers);
static DECLARE_WAIT_QUEUE_HEAD(filled);

void rollcall_lost(void)
{
	atomic_long_inc(&dropped);
}

static void copy_in(u64 at, const void *from, size_t length)
{
	size_t place = at & (ring - 1), first = min_t(size_t, length, ring - place);

	memcpy(bytes + place, from, first);
	memcpy(bytes, (const char *)from + first, length - first);
}

static bool empty(void)
{
	return smp_load_acquire(&head) == READ_ONCE(tail);
}

void rollcall_put(struct rollcall_record *record, const char *exe, const char *argv)
{
	static const char padding[8];
	size_t length = sizeof(*record) + record->exe_length + record->argv_length;
	u64 at;

	/* Every byte of it goes to user space. */
	BUILD_BUG_ON(sizeof(*record) != offsetofend(struct rollcall_record, time) || sizeof(*record) % 8);
	record->size = ALIGN(length, 8);
	spin_lock(&writers);
	if (head - smp_load_acquire(&tail) + record->size > ring) {
		spin_unlock(&writers);
		rollcall_lost();
		return;
	}
	at = head;
	copy_in(at, record, sizeof(*record));
	copy_in(at + sizeof(*record), exe, record->exe_length);
	copy_in(at + sizeof(*record) + record->exe_length, argv, record->argv_length);
	copy_in(at + length, padding, record->size - length);
	/* Only now may the reader see it. */
	smp_store_release(&head, at + record->size);
	spin_unlock(&writers);
	if (wq_has_sleeper(&filled))
		wake_up_interruptible(&filled);
}

/* Bytes of whole records from `from` that fit into `room`. A record begins at a multiple of eight, so
 * its size never lies across the end of the ring. */
static size_t whole(u64 from, u64 to, size_t room)
{
	size_t length = 0;

	while (from + length < to) {
		u32 size = *(u32 *)(bytes + ((from + length) & (ring - 1)));

		if (length + size > room)
			break;
		length += size;
	}
	return length;
}

static ssize_t copy_out(char __user *to, size_t room)
{
	size_t length = whole(tail, smp_load_acquire(&head), room);
	size_t place = tail & (ring - 1), first = min_t(size_t, length, ring - place);

	if (!length)
		return -EINVAL; /* not even one record fits */
	if (copy_to_user(to, bytes + place, first) ||
	    copy_to_user(to + first, bytes, length - first))
		return -EFAULT;
	smp_store_release(&tail, tail + length);
	return length;
}

static ssize_t device_read(struct file *file, char __user *to, size_t room, loff_t *offset)
{
	ssize_t done = -EAGAIN;

	if (mutex_lock_interruptible(&readers))
		return -ERESTARTSYS;
	if (!empty())
		done = copy_out(to, room);
	mutex_unlock(&readers);
	return done;
}

static __poll_t device_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &filled, wait);
	/* In the queue before looking, as the writer fills before it looks into the queue. */
	smp_mb();
	return empty() ? 0 : EPOLLIN | EPOLLRDNORM;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.read = device_read,
	.poll = device_poll,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rollcall",
	.mode = 0600,
	.fops = &operations,
};

int rollcall_ring_new(void)
{
	if (ring < PAGE_SIZE * 4 || !is_power_of_2(ring))
		return -EINVAL;
	bytes = vmalloc(ring);
	return bytes ? 0 : -ENOMEM;
}

void rollcall_ring_free(void)
{
	vfree(bytes);
}

int rollcall_device_start(void)
{
	return misc_register(&device);
}

void rollcall_device_stop(void)
{
	misc_deregister(&device);
}
