// SPDX-License-Identifier: GPL-2.0
//
// What an exec's record tells beside exe and argv. Session and pids are read from `struct pid`, whose
// numbers begin with that of the initial namespace and end with that of the process's own.

// What is left out where the cost of each field is measured: tests/cost.rs compiles it once for each.
#ifndef LEFT_OUT
#define LEFT_OUT 0
#endif
enum { NONE, START, CGROUP, USERS, LOGIN, SESSION, NAMESPACE, NAME, TERMINAL, GIVEN };
#define TOLD(what) (LEFT_OUT != what)

static inline __attribute__((always_inline)) void put_namespace(struct details *to, struct pid *own)
{
	void *numbers = (void *)own + OFFSET(struct pid, numbers);
	struct pid_namespace *ns = 0;
	u32 level = 0;

	READ(level, own, level);
	// The kernel nests them no deeper than 32.
	level &= 63;
	SHOWN(level);
	numbers += (level & 63) * sizeof(struct upid);
	bpf_probe_read_kernel(&to->inner_pid, sizeof(to->inner_pid), numbers);
	bpf_probe_read_kernel(&ns, sizeof(ns), numbers + OFFSET(struct upid, ns));
	READ(to->pid_ns, ns, ns.inum);
}

static inline __attribute__((always_inline)) void put_ids(struct details *to, struct task_struct *task)
{
	struct pid *session = task->signal->pids[PIDTYPE_SID];
	const struct cred *cred = task->real_cred;

	if (TOLD(START))
		to->born = task->start_time;
	if (TOLD(CGROUP))
		to->cgroup = bpf_get_current_cgroup_id();
	if (TOLD(USERS)) {
		to->uid = cred->uid.val;
		to->gid = cred->gid.val;
	}
	if (!HAS(task, loginuid))
		to->flags |= NO_AUID;
	else if (TOLD(LOGIN))
		to->auid = task->loginuid.val;
	if (TOLD(SESSION))
		bpf_probe_read_kernel(&to->session, sizeof(to->session),
				      (void *)session + OFFSET(struct pid, numbers));
	if (TOLD(NAMESPACE))
		put_namespace(to, task->thread_pid);
}

static inline __attribute__((always_inline)) void put_names(struct details *to, struct task_struct *task)
{
	struct tty_struct *tty = task->signal->tty;

	if (TOLD(NAME))
		bpf_get_current_comm(to->comm, sizeof(to->comm));
	if (tty && TOLD(TERMINAL))
		bpf_probe_read_kernel_str(to->tty, sizeof(to->tty), (void *)tty + OFFSET(struct tty_struct, name));
	else
		to->tty[0] = 0;
}

// Writes the path as it was given to `bytes` + `at`; its length.
static inline __attribute__((always_inline)) u32
put_given(struct scratch *scratch, u64 at, struct details *to, const char *path)
{
	long length;

	SHOWN(at);
	if (at > ROOM + EXE_MOST + ARGV_MOST)
		return 0;
	length = bpf_probe_read_kernel_str(scratch->bytes + at, PATH_MOST, path);
	if (length < 1 || length > PATH_MOST) {
		to->flags |= PATH_UNREAD;
		return 0;
	}
	if (length == PATH_MOST)
		to->flags |= PATH_CUT;
	return length - 1;
}

static inline __attribute__((always_inline)) u32
put_cwd(struct scratch *scratch, u64 at, struct details *to, struct task_struct *task)
{
	u64 begin, length;
	u8 flags;

	scratch->cwd_at = EXE_MOST;
	flags = put_path(scratch->cwd, &scratch->cwd_at, task->fs->pwd.mnt, task->fs->pwd.dentry);
	to->flags |= CWD_TOLD | flags;
	begin = scratch->cwd_at;
	SHOWN(begin);
	if (begin >= EXE_MOST || flags & EXE_UNREAD)
		return 0;
	length = EXE_MOST - begin;
	SHOWN(at);
	if (at > ROOM + EXE_MOST + ARGV_MOST + PATH_MOST)
		return 0;
	SHOWN(length);
	if (length > EXE_MOST)
		return 0;
	if (bpf_probe_read_kernel(scratch->bytes + at, length, scratch->cwd + begin)) {
		to->flags |= CWD_UNREAD;
		return 0;
	}
	return length;
}

// Fills `to`, and puts the path and the cwd behind so many bytes of argv; how many bytes they have.
static inline __attribute__((always_inline)) u32
put_details(struct scratch *scratch, struct details *to, struct task_struct *task, const char *path, u64 argv,
	    const int level)
{
	u64 at = ROOM + EXE_MOST + argv;
	u32 given, cwd = 0;

	to->flags = 0;
	put_ids(to, task);
	put_names(to, task);
	given = TOLD(GIVEN) ? put_given(scratch, at, to, path) : 0;
	if (level == ALL)
		cwd = put_cwd(scratch, at + given, to, task);
	to->path_length = given;
	to->cwd_length = cwd;
	return given + cwd;
}
