//! Kind 19: a remedy that is named helps. Each situation is made, the line that is said of it is read, what it
//! says is done, and then it works.

use std::path::Path;
use std::process::Command;

use crate::common::{can_run, copy_of_harness, scratch};
use crate::ended_within;

/// What containers leave root.
const CONTAINER: &str = "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,\
                         +net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap";
/// A watch that is stopped once it has begun. Nothing is measured, so these do not wait for what else does.
const WATCH: &str =
    "timeout --preserve-status -s INT 1.5 $dir/harness watch --lock-held --format json";
const RUN: &str = "$dir/harness run -m procfs -w case/end-exit --reps 1 --out";
const NO_LOCKED_MEMORY: &str =
    "setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock bash -c 'ulimit -l 0; exec \"$@\"' _";

/// Exit code and stderr of a script, in which $dir is a folder with a harness that every user may run.
fn shell(dir: &Path, script: &str) -> (i32, String) {
    let mut command = Command::new("bash");
    command.args(["-c", script]).env("dir", dir);
    let (code, _, stderr) = ended_within(60, &mut command);
    (code, stderr)
}

/// The capabilities after `--cap-add` in what was said.
fn rights(said: &str) -> Vec<&str> {
    let words: Vec<_> = said.split_whitespace().collect();
    let given = words.windows(2).filter(|pair| pair[0] == "--cap-add");
    given.map(|pair| pair[1].trim_end_matches(',')).collect()
}

#[test]
#[ignore = "needs root"]
fn kind_19_the_rights_that_are_named_suffice() {
    let dir = scratch();
    copy_of_harness(dir.path());
    for monitor in [
        "netlink",
        "audit",
        "ebpf",
        "perf",
        "taskstats",
        "fanotify",
        "accounting",
    ] {
        if !can_run(monitor) {
            continue;
        }
        let contained = |rights: &[&str]| {
            let more = rights.iter().map(|one| format!(",+{}", one.to_lowercase()));
            let set = format!("{CONTAINER}{}", more.collect::<String>());
            let script = format!("setpriv --bounding-set={set} --inh-caps=-all {WATCH} {monitor}");
            shell(dir.path(), &script)
        };
        let (code, said) = contained(&[]);
        assert_eq!(code, 3, "{monitor}: {said}");
        assert!(!said.contains("run as root"), "it is root: {said}");
        let named = rights(&said);
        assert!(!named.is_empty(), "{monitor}: {said}");
        let (code, after) = contained(&named);
        assert_eq!(code, 0, "{monitor} with {named:?}: {after}");
        let script = format!("setpriv --reuid 65534 --clear-groups {WATCH} {monitor}");
        let (code, said) = shell(dir.path(), &script);
        assert_eq!(code, 3, "{monitor}: {said}");
        assert!(said.contains("run as root"), "{monitor}: {said}");
    }
}

/// What is done where it cannot work, what is said of it, in part, and what is done as that says.
type Case = [String; 3];

fn case(done: String, said: &str, remedied: String) -> Case {
    [done, said.to_owned(), remedied]
}

fn limits() -> Vec<Case> {
    let limit = |what: &str| format!("bash -c 'ulimit {what}; exec \"$@\"' _");
    vec![
        case(
            format!("{} $dir/harness doctor", limit("-n 10")),
            "raise ulimit -n to 64",
            format!("{} $dir/harness doctor", limit("-n 64")),
        ),
        case(
            format!("{} {WATCH} ebpf", limit("-n 10")),
            "raise ulimit -n to 64",
            format!("{} {WATCH} ebpf", limit("-n 64")),
        ),
        case(
            format!("{NO_LOCKED_MEMORY} {WATCH} perf"),
            "as in perf{pages=64}, raise ulimit -l",
            format!("{NO_LOCKED_MEMORY} {WATCH} perf{{pages=64}}"),
        ),
        case(
            format!("{NO_LOCKED_MEMORY} {WATCH} perf"),
            "raise ulimit -l, or give CAP_IPC_LOCK",
            format!("{} {WATCH} perf", limit("-l 8192")),
        ),
        case(
            format!("{} {WATCH} ebpf", limit("-v 115000")),
            "use ebpf{ring=...} with less",
            format!("{} {WATCH} ebpf{{ring=64k}}", limit("-v 115000")),
        ),
        case(
            format!("{} {RUN} $dir/limited", limit("-f 1")),
            "raise ulimit -f",
            format!("{} {RUN} $dir/unlimited", limit("-f unlimited")),
        ),
    ]
}

fn places() -> Vec<Case> {
    let mounted = |what: &str| format!("unshare -m bash -c 'mount -t {what}; exec \"$@\"' _");
    let bare_proc = "proc -o subset=pid none /proc";
    let whole_proc = format!("{bare_proc}; mount -t proc none /proc");
    let whole_sys = "tmpfs none /sys; mount -t sysfs none /sys";
    let read_only =
        "tmpfs -o ro none /dev/shm; mkdir -p $dir/ro; mount -t tmpfs -o ro none $dir/ro";
    vec![
        case(
            format!("{} {WATCH} accounting", mounted(bare_proc)),
            "mount proc on /proc, without subset=pid",
            format!("{} {WATCH} accounting", mounted(&whole_proc)),
        ),
        case(
            format!("{} {WATCH} ebpf", mounted("tmpfs none /sys")),
            "mount sysfs on /sys",
            format!("{} {WATCH} ebpf", mounted(whole_sys)),
        ),
        case(
            format!("TMPDIR=$dir/ro {} {WATCH} preload", mounted(read_only)),
            "set TMPDIR to one that allows it",
            format!("TMPDIR=$dir {} {WATCH} preload", mounted(read_only)),
        ),
        case(
            format!("unshare --pid --fork --mount-proc {WATCH} ebpf"),
            "run outside of containers",
            format!("{WATCH} ebpf"),
        ),
        case(
            format!("mkdir $dir/there; {RUN} $dir/there"),
            "choose a new folder",
            format!("{RUN} $dir/new"),
        ),
        case(
            format!("{WATCH} ebpf --pid 4194303"),
            "name one that lives",
            format!("{WATCH} ebpf --pid $$"),
        ),
    ]
}

#[test]
#[ignore = "needs root"]
fn kind_19_every_remedy_that_can_be_tried_helps() {
    let dir = scratch();
    copy_of_harness(dir.path());
    for [done, said, remedied] in limits().into_iter().chain(places()) {
        let (code, told) = shell(dir.path(), &done);
        assert!(code > 0 && told.contains(&said), "{done}: {code}: {told}");
        let (code, told) = shell(dir.path(), &remedied);
        assert_eq!(code, 0, "{remedied}: {told}");
    }
}
