//! Ledgers made up to be awkward, each in a way of its own.

use contract::{DetailsBuf, Field, Fields, Kind, Ledger, Nanos, Owned, Pid, Truth, argv_bytes};

const MS: Nanos = 1_000_000;

/// Every made-up ledger with its name.
pub(super) fn all() -> Vec<(&'static str, Ledger)> {
    vec![
        ("made/lives", lives(400)),
        ("made/one", lives(1)),
        ("made/reuse", reuse()),
        ("made/storm", storm()),
        ("made/shell", shell()),
        ("made/execs", execs()),
        ("made/threads", threads()),
        ("made/paced", paced()),
    ]
}

/// A ledger that is being made up.
#[derive(Default)]
struct Pen(Ledger);

impl Pen {
    fn write(&mut self, kind: Kind, pid: Pid, (after, before): (Nanos, Nanos)) -> &mut Truth {
        let fields = match kind {
            Kind::Fork => self.fields(Some(pid / 2), None),
            Kind::Exec => self.fields(Some(pid / 2), Some(pid)),
            Kind::Exit => Fields {
                status: Some((pid % 5) as i32 * 256),
                ..Fields::default()
            },
        };
        self.0.truths.push(Truth {
            after,
            before,
            due: None,
            fields,
            pid,
            kind,
            loose: false,
        });
        let last = self.0.truths.len() - 1;
        &mut self.0.truths[last]
    }

    fn fields(&mut self, ppid: Option<Pid>, program: Option<Pid>) -> Fields {
        let nonce = self.0.truths.len();
        let arena = &mut self.0.arena;
        let details = program.map(|pid| details(pid, nonce as u64));
        let argv = |pid: Pid| argv_bytes([format!("leaf-{pid}"), format!("n{nonce}"), " ".into()]);
        Fields {
            ppid,
            // Even numbers: altered in the last bit, a path is none that another process runs.
            exe: program.map(|pid| arena.push(format!("/made/leaf-{}", pid % 5 * 2).as_bytes())),
            argv: program.map(|pid| arena.push(&argv(pid))),
            details: details.and_then(|one| arena.push_details(one.details())),
            ..Fields::default()
        }
    }

    /// Fork, exec and exit, begun at `at`.
    fn life(&mut self, pid: Pid, at: Nanos) {
        self.write(Kind::Fork, pid, (at, at + 90_000));
        self.write(Kind::Exec, pid, (at + 200_000, at + 450_000));
        self.write(Kind::Exit, pid, (at + 700_000, at + 800_000));
    }
}

/// Of the exec that is event number `nonce`: no two are alike but for the user, which every second exec
/// changes. Texts end so that, altered in the last bit, they are none of another.
fn details(pid: Pid, nonce: u64) -> DetailsBuf {
    let mut details = DetailsBuf::default();
    for field in Field::DETAILS {
        match field {
            Field::Uid => details.number(field, nonce / 2),
            // Known by the fork, and by the pid where the namespace is.
            Field::StartNs => {}
            Field::InnerPid if pid.is_multiple_of(2) => {}
            text if text.is_text() => details.text(field, format!("/{field}-{nonce}x").as_bytes()),
            number => details.number(number, nonce * 32 + field as u64),
        }
    }
    details
}

/// One process after the other.
fn lives(count: u32) -> Ledger {
    let mut pen = Pen::default();
    (0..count).for_each(|n| pen.life(300 + n, 50 * MS + Nanos::from(n) * MS));
    pen.0
}

/// The same few pids again and again.
fn reuse() -> Ledger {
    let mut pen = Pen::default();
    for round in 0..12 {
        (0..25).for_each(|n| pen.life(700 + n, MS * (100 + round * 40) + Nanos::from(n) * MS));
    }
    pen.0
}

/// Forks and exits only, hundreds of processes at once, written down in no order.
fn storm() -> Ledger {
    let mut pen = Pen::default();
    for n in 0..500_u32 {
        let pid = 10_000 + (n * 271) % 500;
        let at = 9 * MS + Nanos::from(n) * 2000;
        pen.write(Kind::Exit, pid, (at + 3 * MS, at + 3 * MS + 100));
        pen.write(Kind::Fork, pid, (at, at + 1500));
    }
    pen.0
}

/// Two hundred processes that outlast all others, and three hundred after them that live for less than a millisecond.
pub(super) fn sleepers() -> Ledger {
    let mut pen = Pen::default();
    for n in 0..200 {
        let (pid, at) = (2000 + n, MS * Nanos::from(n + 1));
        pen.write(Kind::Fork, pid, (at, at + 90_000));
        pen.write(Kind::Exec, pid, (at + 200_000, at + 450_000));
        pen.write(Kind::Exit, pid, (900 * MS + at, 900 * MS + at + 100_000));
    }
    (0..300).for_each(|n| pen.life(5000 + n, MS * Nanos::from(n + 250)));
    pen.0
}

/// What a shell makes: windows as wide as the pipeline's life.
fn shell() -> Ledger {
    let mut pen = Pen::default();
    for n in 0..60 {
        let at = 200 * MS + Nanos::from(n) * 7 * MS;
        pen.life(4000 + 10 * n, at);
        for stage in 1..4 {
            for kind in Kind::ALL {
                pen.write(kind, 4000 + 10 * n + stage, (at, at + 5 * MS))
                    .loose = true;
            }
        }
    }
    pen.0
}

/// Processes that execute one program after another.
fn execs() -> Ledger {
    let mut pen = Pen::default();
    for n in 0..30 {
        let (pid, at) = (800 + n, 300 * MS + Nanos::from(n) * MS);
        pen.write(Kind::Fork, pid, (at, at + 5000));
        for turn in 1..=6 {
            let at = at + turn * 20 * MS;
            pen.write(Kind::Exec, pid, (at, at + 300_000));
        }
        pen.write(Kind::Exit, pid, (at + 150 * MS, at + 151 * MS));
    }
    pen.0
}

/// Ids that were the workload's and had no event.
fn threads() -> Ledger {
    let mut pen = Pen(lives(200));
    for n in 0..200 {
        let from = 50 * MS + Nanos::from(n) * MS + 500_000;
        pen.0.owned.push(Owned {
            pid: 2000 + n,
            from,
            until: from + 100_000,
        });
    }
    pen.0
}

/// A timetable of one process each millisecond, some of them begun too late.
fn paced() -> Ledger {
    let mut pen = Pen::default();
    for n in 0..300 {
        let due = 400 * MS + Nanos::from(n) * MS;
        let late = Nanos::from(n % 17) * 30_000;
        pen.life(5000 + n, due + late);
        let last = pen.0.truths.len();
        for truth in &mut pen.0.truths[last - 3..] {
            truth.due = Some(truth.after - late);
        }
    }
    pen.0
}
