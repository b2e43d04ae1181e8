use proptest::prelude::*;

use super::*;

const TICK: Nanos = 10_000_000;
const AHEAD: Nanos = 3 * TICK;
/// In what follows it watches from here on.
const ON: Nanos = 1000 * TICK;

fn begin() -> Vec<u8> {
    let numbers = [TICK, AHEAD].map(Nanos::to_le_bytes);
    [&MARK[..], &[BEGIN], &numbers[0], &numbers[1]].concat()
}

fn found(pid: Pid, started: Nanos, begun: Nanos, exe: &[u8]) -> Vec<u8> {
    let mut bytes = [&MARK[..], &[PROCESS]].concat();
    bytes.extend(begun.to_le_bytes());
    bytes.extend(((started + AHEAD) / TICK).to_le_bytes());
    bytes.extend(pid.to_le_bytes());
    bytes.extend(500_u32.to_le_bytes());
    bytes.push(0);
    lookup_codec::keep(lookup_codec::Tag::Exe, exe, &mut bytes);
    bytes
}

fn live(kind: Kind, pid: Pid, happened: Nanos) -> EventRef<'static> {
    EventRef {
        happened,
        exe: (kind == Kind::Exec).then_some(b"/new"),
        ..EventRef::new(kind, pid, happened)
    }
}

/// What comes to a decoder.
#[derive(Clone, Debug)]
enum Comes {
    Found(Pid, Nanos, Nanos),
    Live(Kind, Pid, Nanos),
}

/// The events, each as "kind pid" with "+" before those of the snapshot.
fn joined(all: &[Comes]) -> Vec<String> {
    let (mut join, mut out) = (Join::default(), EventLog::default());
    let frame = |join: &mut Join, received, bytes: &[u8], out: &mut EventLog| {
        assert!(join.frame(Frame { received, bytes }, out).unwrap());
    };
    frame(&mut join, ON, &begin(), &mut out);
    for one in all {
        match *one {
            Comes::Found(pid, started, at) => {
                frame(
                    &mut join,
                    at + 5,
                    &found(pid, started, at, b"/old"),
                    &mut out,
                );
            }
            Comes::Live(kind, pid, at) => join.live(live(kind, pid, at), &mut out),
        }
    }
    let end = [&MARK[..], &[END]].concat();
    frame(&mut join, 9, &end, &mut out);
    let word = |event: &contract::Event| {
        let mark = if event.origin == Origin::Snapshot {
            "+"
        } else {
            ""
        };
        format!("{mark}{} {}", event.kind, event.pid)
    };
    out.events.iter().map(word).collect()
}

#[test]
fn who_ran_before_is_told_at_the_end_or_before_its_next_event() {
    let (old, at) = (ON - 500 * TICK, ON + TICK);
    let two = [Comes::Found(1, old, at), Comes::Found(2, old, at)];
    assert_eq!(joined(&two), ["+exec 1", "+exec 2"]);
    let ends = Comes::Live(Kind::Exit, 2, at + 6);
    assert_eq!(
        joined(&[&two[..], &[ends]].concat()),
        ["+exec 2", "exit 2", "+exec 1"]
    );
    let runs = Comes::Live(Kind::Exec, 2, at + 6);
    assert_eq!(
        joined(&[&two[..], &[runs]].concat()),
        ["+exec 2", "exec 2", "+exec 1"]
    );
}

#[test]
fn who_is_told_live_is_not_told_again() {
    let (new, at) = (ON + TICK, ON + 2 * TICK);
    let found = Comes::Found(1, new, at);
    for (kind, happened) in [
        (Kind::Fork, new + 1),
        // In /proc already, and told later than it was looked up.
        (Kind::Fork, at + 9),
        (Kind::Exec, at - 1),
        (Kind::Exec, at + 2),
        (Kind::Exit, at + 2),
    ] {
        let told = Comes::Live(kind, 1, happened);
        let alone = [format!("{kind} 1")];
        assert_eq!(
            joined(&[found.clone(), told.clone()]),
            alone,
            "{kind} {happened}"
        );
        if happened <= at {
            assert_eq!(joined(&[told, found.clone()]), alone, "{kind} {happened}");
        }
    }
}

#[test]
fn another_process_with_the_pid_tells_nothing() {
    let at = ON + 200 * TICK;
    let earlier = [
        Comes::Live(Kind::Fork, 1, ON + 1),
        Comes::Live(Kind::Exit, 1, ON + 2),
    ];
    let found = Comes::Found(1, ON + 100 * TICK, at);
    let all = [&earlier[..], std::slice::from_ref(&found)].concat();
    assert_eq!(joined(&all), ["fork 1", "exit 1", "+exec 1"]);
    // Its end was lost.
    let later = Comes::Live(Kind::Fork, 1, ON + 100 * TICK + 3 * TOLD_WITHIN);
    assert_eq!(joined(&[found, later]), ["+exec 1", "fork 1"]);
}

#[test]
fn a_program_that_is_told_after_it_was_found_is_told_once() {
    let (mut join, mut out) = (Join::default(), EventLog::default());
    let at = ON + TICK;
    for bytes in [begin(), found(1, ON - TICK, at, b"/new")] {
        assert!(
            join.frame(
                Frame {
                    received: at,
                    bytes: &bytes
                },
                &mut out
            )
            .unwrap()
        );
    }
    join.live(live(Kind::Exec, 1, at + 1), &mut out);
    join.finish(&mut out);
    let origins: Vec<_> = out.events.iter().map(|event| event.origin).collect();
    assert_eq!(origins, [Origin::Live]);
}

#[test]
fn frames_that_cannot_be_are_malformed() {
    let end = [&MARK[..], &[END]].concat();
    let process = found(1, ON, ON, b"/old");
    let mut out = EventLog::default();
    let mut refused = |first: &[&[u8]], bytes: &[u8]| {
        let mut join = Join::default();
        for bytes in first {
            join.frame(Frame { received: 1, bytes }, &mut out).unwrap();
        }
        join.frame(Frame { received: 1, bytes }, &mut out).is_err()
    };
    let begin = begin();
    assert!(refused(&[], &end) && refused(&[], &process) && refused(&[&begin], &begin));
    // Without its fields it is whole.
    let bare = process.len() - 5 - b"/old".len();
    for length in (MARK.len()..process.len()).filter(|&length| length != bare) {
        assert!(refused(&[&begin], &process[..length]), "{length}");
    }
    assert!(refused(&[], &begin[..begin.len() - 1]));
    assert!(!refused(&[&begin], &process));
}

/// One process: when it began, which events of it happen when, and when it is looked up.
#[derive(Clone, Debug)]
struct Life {
    fork: Nanos,
    exec: Option<Nanos>,
    exit: Option<Nanos>,
    looked_up: Nanos,
    /// How long after each event it is in the spool.
    delays: [Nanos; 3],
}

impl Life {
    fn events(&self) -> impl Iterator<Item = (Kind, Nanos, Nanos)> {
        let times = [Some(self.fork), self.exec, self.exit];
        let all = Kind::ALL.into_iter().zip(times).zip(self.delays);
        all.filter_map(|((kind, at), delay)| Some((kind, at?, at? + delay)))
    }

    fn alive_at(&self, at: Nanos) -> bool {
        self.fork <= at && self.exit.is_none_or(|exit| at < exit)
    }
}

fn life() -> impl Strategy<Value = Life> {
    // Times near the beginning of the watch, so that all orders come about.
    let near = |span| ON - 20 * TICK..ON + span * TICK;
    let delays = prop::array::uniform3(0..TICK);
    let times = (near(40), 1..20 * TICK, 1..40 * TICK);
    (times, any::<[bool; 2]>(), ON..ON + 60 * TICK, delays).prop_map(
        |((fork, run, end), [runs, ends], looked_up, mut delays)| {
            // Of one process nothing overtakes anything.
            delays.sort_unstable();
            Life {
                fork,
                exec: runs.then_some(fork + run),
                exit: ends.then_some(fork + run + end),
                looked_up,
                delays,
            }
        },
    )
}

/// What reaches the spool of these lives, in its order, and the place of each look-up in it.
fn spooled(lives: &[Life]) -> Vec<Comes> {
    let mut all = Vec::new();
    for (pid, life) in (1..).zip(lives) {
        for (kind, at, spooled) in life.events() {
            if at >= ON {
                all.push((spooled, Comes::Live(kind, pid, at)));
            }
        }
        if life.alive_at(life.looked_up) {
            all.push((
                life.looked_up + 5,
                Comes::Found(pid, life.fork, life.looked_up),
            ));
        }
    }
    all.sort_by_key(|(spooled, _)| *spooled);
    all.into_iter().map(|(_, comes)| comes).collect()
}

proptest! {
    /// Of every process: all live events once, and the snapshot's line exactly where no fork, and no
    /// program or end by the time of the look-up, is told live; that line before all of them.
    #[test]
    fn whatever_comes_first_each_process_is_told_once(lives in prop::collection::vec(life(), 1..12)) {
        let lines = joined(&spooled(&lives));
        for (pid, life) in (1_u32..).zip(&lives) {
            let own = |line: &&String| line.split(' ').nth(1) == Some(pid.to_string().as_str());
            let own: Vec<_> = lines.iter().filter(own).cloned().collect();
            let told = |kind, at: Nanos| at >= ON && (kind == Kind::Fork || at <= life.looked_up + 5);
            let known = life.events().any(|(kind, at, _)| told(kind, at));
            let snapshot = life.alive_at(life.looked_up) && !known;
            let mut due: Vec<_> = snapshot.then(|| format!("+exec {pid}")).into_iter().collect();
            let live = life.events().filter(|(_, at, _)| *at >= ON);
            due.extend(live.map(|(kind, ..)| format!("{kind} {pid}")));
            prop_assert_eq!(own, due, "{:?}", life);
        }
    }
}
