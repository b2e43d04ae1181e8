//! How /proc writes some of the fields, for monitors that look them up and workloads that tell them.

/// The kernel's name of a terminal by its number in /proc/PID/stat: empty for 0, `None` where it is of a
/// kind that has no certain name.
pub fn terminal(number: u32) -> Option<String> {
    // The high bits of the minor number lie above the major.
    let (major, minor) = (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xf_ff00);
    match (major, minor) {
        (0, 0) => Some(String::new()),
        (136..=143, minor) => Some(format!("pts{}", (major - 136) * 256 + minor)),
        (4, minor @ 0..64) => Some(format!("tty{minor}")),
        (4, minor) => Some(format!("ttyS{}", minor - 64)),
        _ => None,
    }
}

/// Where control groups of version 2 are mounted, as /proc/PID/mounts says.
pub fn unified_mount(mounts: &str) -> Option<&str> {
    let mut mounts = mounts.lines().map(|line| line.split(' ').skip(1));
    mounts.find_map(|mut words| {
        let point = words.next()?;
        (words.next()? == "cgroup2").then_some(point)
    })
}

/// The path of a process's folder there, as /proc/PID/cgroup says.
pub fn unified_path(cgroup: &str) -> Option<&str> {
    cgroup.lines().find_map(|line| line.strip_prefix("0::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_have_the_kernels_names() {
        assert_eq!(terminal(0).as_deref(), Some(""));
        assert_eq!(terminal(136 << 8 | 3).as_deref(), Some("pts3"));
        assert_eq!(terminal(137 << 8 | 1).as_deref(), Some("pts257"));
        assert_eq!(terminal(4 << 8 | 65).as_deref(), Some("ttyS1"));
        assert_eq!(terminal(5 << 8 | 1), None);
    }

    #[test]
    fn control_groups_of_version_2_are_found_beside_others() {
        let mounts = "cgroup /cg/cpu cgroup rw 0 0\nnone /cg/unified cgroup2 rw 0 0\n";
        assert_eq!(unified_mount(mounts), Some("/cg/unified"));
        assert_eq!(unified_mount("none /cgroup2 tmpfs rw 0 0\n"), None);
        assert_eq!(unified_path("1:cpu:/x\n0::/y\n"), Some("/y"));
        assert_eq!(unified_path("1:cpu:/x\n"), None);
    }
}
