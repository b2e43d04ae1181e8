//! Which filters a technique can answer at all. One that it cannot would leave nothing, which reads as
//! if nothing had happened.

use contract::{Claims, Field, Kind};

use super::filter::Wanted;

/// Why a monitor with these claims cannot tell what is wanted; `None` where it can.
pub(crate) fn unanswerable(wanted: &Wanted, claims: &Claims) -> Option<String> {
    let offers = |kind, field| claims.kind(kind) && claims.field(kind, field);
    if let Some(kind) = wanted.kinds.iter().find(|kind| !claims.kind(**kind)) {
        return Some(format!("--kind {kind}: it reports no {kind}"));
    }
    let parents = offers(Kind::Fork, Field::Ppid) || offers(Kind::Exec, Field::Ppid);
    if !wanted.trees.is_empty() && !parents {
        return Some("--pid: it tells no parents, so it is not known what descends from it".into());
    }
    if wanted.exe.is_some() && !offers(Kind::Exec, Field::Exe) {
        return Some("--exe: it tells no paths of programs".into());
    }
    if !wanted.users.is_empty() && !claims.users && !claims.kind(Kind::Exec) {
        return Some("--user: it reports no exec, at which a process is asked for its user".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::bytes::Regex;

    fn claims(label: &str) -> Claims {
        let one = crate::select::configuration(label).unwrap();
        one.monitor.claims(&one.options)
    }

    /// Every filter of every monitor, held against its claims: what is refused, by its flag.
    #[test]
    fn kind_6_filters_are_held_against_claims() {
        let filters = [
            Wanted {
                kinds: vec![Kind::Fork],
                ..Wanted::default()
            },
            Wanted {
                trees: vec![1],
                ..Wanted::default()
            },
            Wanted {
                users: vec![0],
                ..Wanted::default()
            },
            Wanted {
                exe: Regex::new("x").ok(),
                ..Wanted::default()
            },
        ];
        for (label, due) in [
            ("ebpf", ""),
            ("audit", ""),
            ("preload", ""),
            ("netlink", ""),
            ("netlink{lookup=never}", "--exe"),
            ("perf", "--exe"),
            ("fanotify", "--kind --pid"),
            ("taskstats", "--kind --pid --user --exe"),
            ("accounting", "--kind --pid --user --exe"),
            ("null", "--kind --pid --user --exe"),
        ] {
            let claims = claims(label);
            let refused = filters.iter().filter_map(|one| unanswerable(one, &claims));
            let flags: Vec<_> = refused
                .map(|why| why.split([' ', ':']).next().unwrap().to_owned())
                .collect();
            assert_eq!(flags.join(" "), due, "{label}");
            assert_eq!(unanswerable(&Wanted::default(), &claims), None, "{label}");
        }
    }
}
