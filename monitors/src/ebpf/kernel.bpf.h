// SPDX-License-Identifier: GPL-2.0
//
// What the probe knows of the kernel: types, as far as their fields are read, and helpers.
//
// CO-RE: where these fields lie is put right by the loader from the running kernel's BTF, so one
// object serves 5.8 and later. Only helpers that 5.8 has are used, where not said otherwise.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define KERNEL __attribute__((preserve_access_index))

// ---- The kernel's types, as far as they are read.

struct qstr {
	u32 len;
	const u8 *name;
} KERNEL;

struct hlist_bl_node {
	void *pprev;
} KERNEL;

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
} KERNEL;

struct vfsmount {
	struct dentry *mnt_root;
} KERNEL;

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
} KERNEL;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
} KERNEL;

struct file {
	struct path f_path;
} KERNEL;

struct fs_struct {
	struct path pwd;
} KERNEL;

struct mm_struct {
	unsigned long arg_start, arg_end;
	struct file *exe_file;
} KERNEL;

typedef struct {
	int counter;
} atomic_t;

struct ns_common {
	u32 inum;
} KERNEL;

struct pid_namespace {
	struct ns_common ns;
} KERNEL;

// One for each namespace, from the initial one inwards.
struct upid {
	int nr;
	struct pid_namespace *ns;
} KERNEL;

struct pid {
	u32 level;
	struct upid numbers[1];
} KERNEL;

struct tty_struct {
	char name[64];
} KERNEL;

struct signal_struct {
	atomic_t live;
	int nr_threads;
	int group_exit_code;
	u32 flags;
	struct pid *pids[4];
	struct tty_struct *tty;
} KERNEL;

typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u32 val;
} kgid_t;

struct cred {
	kuid_t uid, euid;
	kgid_t gid;
} KERNEL;

struct task_struct {
	int pid, tgid;
	int exit_code;
	u64 start_time;
	struct mm_struct *mm;
	struct task_struct *real_parent, *group_leader;
	struct signal_struct *signal;
	const struct cred *real_cred;
	struct fs_struct *fs;
	struct pid *thread_pid;
	kuid_t loginuid; // only with CONFIG_AUDIT
	int exit_state;
} KERNEL;

struct linux_binprm {
	const char *filename;
	unsigned long p; // where the arguments begin
	int argc;
} KERNEL;

// What perf hands to its programs.
struct trace_event_raw_task_newtask {
	int pid;
	u64 clone_flags;
} KERNEL;

struct trace_event_raw_sched_process_exec {
	u32 __data_loc_filename; // its length and its distance from here, 16 bits each
} KERNEL;

struct trace_event_raw_sched_process_exit {
	u8 group_dead;
} KERNEL;

#define PIDTYPE_SID 3
#define SIGNAL_GROUP_EXIT 0x4
#define CLONE_PARENT 0x8000
#define CLONE_THREAD 0x10000

// ---- Helpers, by the numbers the kernel promised to keep.

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*bpf_ktime_get_ns)(void) = (void *)5;
static long (*bpf_get_current_comm)(void *to, u32 size) = (void *)16;
static u64 (*bpf_get_current_cgroup_id)(void) = (void *)80;
static long (*bpf_probe_read_user)(void *to, u32 size, const void *from) = (void *)112;
static long (*bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*bpf_probe_read_user_str)(void *to, u32 size, const void *from) = (void *)114;
static long (*bpf_probe_read_kernel_str)(void *to, u32 size, const void *from) = (void *)115;
static long (*bpf_ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static void *(*bpf_ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*bpf_ringbuf_submit)(void *data, u64 flags) = (void *)132;
// 5.11; only for the programs by way of perf and on LSM hooks.
static struct task_struct *(*bpf_get_current_task_btf)(void) = (void *)158;

#define BPF_NOEXIST 1
#define EEXIST 17

// Reads `from->field` wherever this kernel has it; not 0 when it cannot be read.
#define READ(to, from, field) \
	bpf_probe_read_kernel(&(to), sizeof(to), __builtin_preserve_access_index(&(from)->field))

// Where this kernel has `field`, from the beginning of its type.
#define OFFSET(type, field) ((u64)__builtin_preserve_access_index(&((type *)0)->field))

// Whether this kernel has the field.
#define HAS(from, field) __builtin_preserve_field_info((from)->field, 2)

// Keeps the compiler from proving away a bound that the verifier must see.
#define SHOWN(value) asm volatile("" : "+r"(value))
