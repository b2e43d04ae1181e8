use contract::{Fields, Kind, Ledger, Pid, Spool, SpoolReader, Truth, argv_bytes};

use super::*;

fn truth(kind: Kind, pid: Pid, after: u64) -> Truth {
    let (fields, loose) = (Fields::default(), false);
    Truth {
        after,
        before: after + 1000,
        due: None,
        fields,
        pid,
        kind,
        loose,
    }
}

/// `lives` processes that fork, execute and end.
fn ledger(lives: u32) -> Ledger {
    let mut ledger = Ledger::default();
    for n in 0..lives {
        let (pid, at) = (100 + n, 1_000_000 + u64::from(n) * 10_000);
        let [mut fork, mut exec, mut exit] =
            [(Kind::Fork, 0), (Kind::Exec, 3000), (Kind::Exit, 6000)]
                .map(|(kind, later)| truth(kind, pid, at + later));
        fork.fields.ppid = Some(99);
        exec.fields.ppid = Some(99);
        exec.fields.exe = Some(ledger.arena.push(b"/bin/leaf"));
        let argv = argv_bytes(["leaf", &format!("n{n}")]);
        exec.fields.argv = Some(ledger.arena.push(&argv));
        exit.fields.status = Some(0);
        ledger.truths.extend([fork, exec, exit]);
    }
    ledger
}

fn planted(lives: u32, given: &[(&str, &str)]) -> Planted {
    let options = Options::new("replay", faults::SPECS, given.iter().copied()).unwrap();
    plant(&ledger(lives), &Faults::of(&options), options.size("seed"))
}

fn by_kind(of: &Figures, figure: fn(&KindFigures) -> u64) -> [u64; 3] {
    of.kinds.each_ref().map(figure)
}

#[test]
fn without_faults_it_says_what_the_ledger_says() {
    let Planted { journal, figures } = planted(50, &[]);
    assert_eq!(journal.events.len(), 150);
    assert_eq!(by_kind(&figures, |kind| kind.matched), [50; 3]);
    let correct = figures.fields.map(|field| field.correct);
    assert_eq!(correct[..4], [50, 50, 100, 50]);
    let mut told: Vec<_> = journal
        .events
        .iter()
        .map(|one| (one.pid, one.kind))
        .collect();
    let mut truths: Vec<_> = ledger(50)
        .truths
        .iter()
        .map(|one| (one.pid, one.kind))
        .collect();
    told.sort_unstable();
    truths.sort_unstable();
    assert_eq!(told, truths);
}

#[test]
fn shares_are_met_exactly() {
    let Planted { journal, figures } = planted(100, &[("drop", "0.25"), ("reported", "0.2")]);
    assert_eq!(journal.events.len(), 225);
    let missed: u64 = by_kind(&figures, |kind| kind.missed).iter().sum();
    assert_eq!(
        (missed, figures.reported_lost["planted"], figures.silent),
        (75, 15, 60)
    );

    let of = planted(100, &[("dropkind", "exec"), ("drop", "0.5"), ("tail", "3")]).figures;
    // The last three events are one life, and its exec may be lost already.
    assert_eq!(by_kind(&of, |kind| kind.missed)[0], 1);
    assert!((50..=51).contains(&of.kinds[1].missed));

    let faults = [
        ("duplicate", "0.1"),
        ("false_positive", "0.2"),
        ("unrelated", "0.3"),
    ];
    let of = planted(100, &faults).figures;
    assert_eq!(by_kind(&of, |kind| kind.duplicates).iter().sum::<u64>(), 30);
    assert_eq!(
        by_kind(&of, |kind| kind.false_positives)
            .iter()
            .sum::<u64>(),
        60
    );
    assert_eq!(of.unrelated, 90);

    let faults = [("wrong", "0.1"), ("truncated", "0.2"), ("missing", "0.3")];
    let of = planted(100, &faults).figures;
    let shown = of
        .fields
        .map(|f| (f.correct, f.wrong, f.truncated, f.missing));
    let both = (40, 10, 20, 30);
    assert_eq!(shown[..4], [both, both, (120, 20, 0, 60), (60, 10, 0, 30)]);
}

#[test]
fn bursts_are_lost_in_rows() {
    let of = |burst: &str| {
        let Planted { journal, .. } = planted(1000, &[("drop", "0.1"), ("burst", burst)]);
        let mut told: Vec<_> = journal.events.iter().map(|event| event.happened).collect();
        told.sort_unstable();
        let due = ledger(1000).truths;
        let gone = |truth: &Truth| {
            let window = truth.after..=truth.before;
            let next = told.partition_point(|at| at.is_some_and(|at| at.get() < truth.after));
            let at = told.get(next).copied().flatten();
            !at.is_some_and(|at| window.contains(&at.get()))
        };
        let gone: Vec<bool> = due.iter().map(gone).collect();
        let rows = gone.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        (gone.iter().filter(|gone| **gone).count(), rows)
    };
    assert_eq!(of("100").0, 300);
    assert!(
        of("100").1 <= 3 && of("1").1 > 200,
        "{:?} {:?}",
        of("100"),
        of("1")
    );
}

#[test]
fn the_seed_decides_everything() {
    let frames = |seed| {
        let faults = [
            ("drop", "0.1"),
            ("false_positive", "0.1"),
            ("law", "heavy"),
            ("shuffle", "7"),
        ];
        let mut bytes = Vec::new();
        let planted = planted(40, &[&faults[..], &[("seed", seed)]].concat());
        spool(&planted.journal, &mut Spool::new(&mut bytes).unwrap()).unwrap();
        (bytes, planted.figures)
    };
    assert_eq!(frames("5"), frames("5"));
    assert_ne!(frames("5"), frames("6"));
}

#[test]
fn what_is_spooled_is_decoded() {
    let planted = planted(20, &[("truncated", "0.5"), ("duplicate", "0.5")]);
    let mut bytes = Vec::new();
    spool(&planted.journal, &mut Spool::new(&mut bytes).unwrap()).unwrap();
    let (mut reader, mut journal) = (SpoolReader::new(&bytes[..]), EventLog::default());
    while let Some(frame) = reader.next_frame().unwrap() {
        Reports.frame(frame, &mut journal).unwrap();
    }
    let shown = |journal: &EventLog| -> Vec<_> {
        let events = journal.events.iter();
        events
            .map(|event| format!("{:?}", journal.report(event)))
            .collect()
    };
    assert_eq!(shown(&journal), shown(&planted.journal));
}

#[test]
fn nothing_is_planted_in_nothing() {
    let given = [
        ("false_positive", "1"),
        ("unrelated", "1"),
        ("tail", "9"),
        ("drop", "1"),
    ];
    let Planted { journal, figures } = planted(0, &given);
    assert!(journal.events.is_empty());
    assert_eq!(figures.silent, 0);
}
