//! The processes below one.

use std::fs;

use contract::Pid;

use super::process_stat::ProcessStat;

/// Every descendant of `root`, parents before children, as far as one look at /proc shows them.
pub fn below(root: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<Pid>().ok());
    let pairs: Vec<_> = pids
        .filter_map(|pid| Some((pid, ProcessStat::of(pid)?.ppid?)))
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&of) = found.get(next) {
        found.extend(
            pairs
                .iter()
                .filter(|(_, ppid)| *ppid == of)
                .map(|(pid, _)| *pid),
        );
        next += 1;
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_of_children_are_found() {
        use std::io::Read;
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "sh -c 'echo; read x; :'; :"]);
        command.stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut byte = [0];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut byte)
            .unwrap();
        let all = below(std::process::id());
        let place = all.iter().position(|&pid| pid == child.id()).unwrap();
        let inner = below(child.id());
        assert_eq!(inner.len(), 1);
        assert!(all[place..].contains(&inner[0]));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
