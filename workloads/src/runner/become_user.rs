//! Whether there is another user for a workload to run as. Root need not be able to become one: a
//! container may have taken the right away, and a user namespace may have no other.

use std::fs;

use nix::unistd::geteuid;

/// Bits of CapEff in /proc/PID/status, as capabilities(7) numbers them.
const CAP_SETGID: u32 = 6;
const CAP_SETUID: u32 = 7;

/// Whether the kernel lets this process, which is root, become this user and group.
pub fn may_become(uid: u32, gid: u32) -> bool {
    geteuid().is_root()
        && capable(&read("status"))
        && read("setgroups").trim() != "deny"
        && maps(&read("uid_map"), uid)
        && maps(&read("gid_map"), gid)
}

fn read(file: &str) -> String {
    fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default()
}

fn capable(status: &str) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let set = line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    // Where /proc does not tell, the attempt will.
    set.is_none_or(|set| {
        [CAP_SETGID, CAP_SETUID]
            .iter()
            .all(|bit| set >> bit & 1 == 1)
    })
}

/// Whether a map of user_namespaces(7), lines of first id inside, first id outside and count, has `id`.
/// A kernel without user namespaces has no such file, and all ids.
fn maps(map: &str, id: u32) -> bool {
    let holds = |line: &str| {
        let mut words = line
            .split_whitespace()
            .map_while(|word| word.parse::<u64>().ok());
        let (first, count) = (words.next()?, words.nth(1)?);
        Some((first..first + count).contains(&u64::from(id)))
    };
    map.is_empty() || map.lines().filter_map(holds).any(|holds| holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_namespace_has_the_users_that_its_map_has() {
        let nobody = 65534;
        let all = "         0          0 4294967295\n";
        assert!(maps(all, nobody) && maps("", nobody));
        let two = "0 1000 1\n1 100000 65534\n";
        assert!(maps(two, 0) && maps(two, nobody));
        assert!(!maps("0 1000 1\n", nobody) && maps("0 1000 1\n", 0));
    }

    #[test]
    fn both_rights_are_needed() {
        let status = |set| format!("Name:\tx\nCapEff:\t{set}\nCapBnd:\t0\n");
        assert!(capable(&status("00000000000000c0")) && capable(""));
        assert!(!capable(&status("0000000000000080")) && !capable(&status("0")));
    }
}
