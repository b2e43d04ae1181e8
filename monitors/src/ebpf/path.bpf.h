// SPDX-License-Identifier: GPL-2.0
//
// The path of an open file, or of a folder, as /proc/PID/exe and /proc/PID/cwd show it to a reader at the root of the mount tree:
// what d_path() does, without its rename lock, so a directory that is being renamed may show half
// of its old name.
//
// Within the file's own mount the fields are loaded through typed pointers, each a single
// instruction; the mounts above are reached by reckoning with an offset, where the verifier takes
// no pointer for typed any more, and each field costs a call. Most files lie in the first mount.
//
// The verifier of Linux 5.10 wants a conditional jump at the end of each loop. SHOWN at its head
// keeps the compiler from jumping past it; tests/loops.rs looks.

// Puts "/name" before position `*at`. Not 0: the flag that tells what is wrong.
static inline __attribute__((always_inline)) u8 put_name(u8 *area, u64 *at, u32 length, const u8 *name)
{
	u64 begin = *at;

	if (length > NAME_MOST || length >= begin)
		return EXE_CUT;
	begin = (begin - length - 1) & (EXE_MOST - 1);
	SHOWN(begin);
	begin &= EXE_MOST - 1;
	area[begin] = '/';
	if (bpf_probe_read_kernel(area + begin + 1, length & NAME_MOST, name))
		return EXE_UNREAD;
	*at = begin;
	return 0;
}

// Goes on from the root of `mount` to the root of all; the flags.
static inline __attribute__((always_inline)) u8 put_mounts(u8 *area, u64 *at, struct mount *mount)
{
	struct dentry *dentry = 0, *parent, *root = 0;
	struct mount *above;
	struct qstr name;
	u32 length, i = 0;
	u8 wrong;

#pragma clang loop unroll(disable)
	do {
		SHOWN(i);
		if (dentry == root) {
			if (READ(above, mount, mnt_parent))
				return EXE_UNREAD;
			if (above == mount)
				return 0;
			if (READ(dentry, mount, mnt_mountpoint) || READ(root, above, mnt.mnt_root))
				return EXE_UNREAD;
			mount = above;
		} else {
			if (READ(parent, dentry, d_parent) || READ(length, dentry, d_name.len) ||
			    READ(name.name, dentry, d_name.name))
				return EXE_UNREAD;
			// A folder that left its bind mount: it is not named.
			if (parent == dentry)
				return 0;
			wrong = put_name(area, at, length, name.name);
			if (wrong)
				return wrong;
			dentry = parent;
		}
	} while (++i < DEPTH);
	return EXE_CUT;
}

// Writes the path of `dentry` before the end of `area`, where `*at` is; the flags that tell what went
// wrong. Of the root of all it is empty.
static inline __attribute__((always_inline)) u8
put_path(u8 *area, u64 *at, struct vfsmount *vfs, struct dentry *dentry)
{
	struct dentry *root = vfs->mnt_root, *parent;
	u32 i = 0;
	u8 wrong;

	// What cannot be loaded reads as nothing.
	if (!dentry || !root)
		return EXE_UNREAD;
	if (!dentry->d_hash.pprev && dentry != root) {
		*at = EXE_MOST - DELETED_LENGTH;
		__builtin_memcpy(area + EXE_MOST - DELETED_LENGTH, DELETED, DELETED_LENGTH);
	}
#pragma clang loop unroll(disable)
	do {
		SHOWN(i);
		if (dentry == root)
			break;
		parent = dentry->d_parent;
		// No parent and not the root of its mount: a file that was never in any folder (memfd),
		// which is named all the same, or a folder that left its bind mount, which is not.
		if (parent == dentry && i != 0)
			return 0;
		wrong = put_name(area, at, dentry->d_name.len, dentry->d_name.name);
		if (wrong)
			return wrong;
		if (parent == dentry)
			return 0;
		dentry = parent;
	} while (++i < DEPTH);
	if (dentry != root)
		return EXE_CUT;
	// The address of `mnt` in struct mount, taken from nowhere, is its offset.
	return put_mounts(area, at, (void *)vfs - OFFSET(struct mount, mnt));
}
