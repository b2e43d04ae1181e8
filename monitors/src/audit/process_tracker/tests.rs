use super::*;

fn by(pid: u32, ppid: u32, millis: u64) -> Caller {
    Caller {
        pid,
        ppid,
        euid: None,
        millis,
        happened: millis * 1_000_000,
        received: millis * 1_000_000,
    }
}

fn lines(journal: &EventLog) -> Vec<String> {
    let line = |event: &contract::Event| {
        let ppid = event
            .fields
            .ppid
            .map_or(String::new(), |ppid| format!(" of {ppid}"));
        format!("{} {}{ppid}", event.kind, event.pid)
    };
    journal.events.iter().map(line).collect()
}

#[test]
fn a_child_inside_a_namespace_is_known_by_what_it_does() {
    let (mut lives, mut out) = (ProcessTracker::default(), EventLog::default());
    lives.fork(by(900, 800, 1), 901, &mut out);
    // The call came first, the child's own record after it.
    lives.clone(by(901, 900, 2), 2, 0, &mut out);
    lives.exit_group(by(902, 901, 3), Some(0), &mut out);
    // And the other way round.
    lives.exit_group(by(903, 901, 4), Some(0), &mut out);
    lives.clone(by(901, 900, 4), 3, 0, &mut out);
    // One that is killed before it does anything.
    lives.clone(by(901, 900, 5), 4, 0, &mut out);
    lives.finish(&mut out);
    let said = [
        "fork 901 of 900",
        "fork 902 of 901",
        "exit 902",
        "exit 903",
        "fork 903 of 901",
    ];
    assert_eq!(lines(&out), said);
}

#[test]
fn small_numbers_are_numbers_while_the_machine_is_young() {
    let (mut lives, mut out) = (ProcessTracker::default(), EventLog::default());
    lives.fork(by(200, 1, 1), 201, &mut out);
    assert_eq!(lines(&out), ["fork 201 of 200"]);
}
