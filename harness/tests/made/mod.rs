//! Made-up cells of any size whose right figures are known.
#![allow(dead_code, reason = "each test file uses its part of it")]

use contract::{Arena, Claims, Clock, EventLog, EventRef, Field, Fields, Kind, Ledger, Truth};
use scoring::record::{CellRun, Cost, FORMAT, Machine, MonitorInfo, Record, WorkloadInfo};

/// What scoring takes.
pub(crate) struct Input {
    pub(crate) run: CellRun,
    pub(crate) ledger: Ledger,
    pub(crate) journal: EventLog,
    pub(crate) claims: Claims,
}

/// Pids go round like the kernel's, so that big inputs use each many times.
const PIDS: u64 = 32_000;
const STEP: u64 = 10_000;

/// A run of `events` events and a monitor that misses every 1000th of them, repeats every
/// 1001st, and reports each 5 us after the start of its window.
pub(crate) fn input(events: usize) -> Input {
    let mut ledger = Ledger::default();
    let mut journal = EventLog::default();
    ledger.truths.reserve_exact(events);
    journal.events.reserve_exact(events + events / 1001 + 1);
    for index in 0..events as u64 {
        let truth = truth(index, &mut ledger.arena);
        if index % 1000 != 999 {
            tell(&truth, &ledger.arena, &mut journal);
        }
        if index % 1001 == 5 && index % 1000 != 999 {
            tell(&truth, &ledger.arena, &mut journal);
        }
        ledger.truths.push(truth);
    }
    Input {
        run: run("storm", "made", 1),
        ledger,
        journal,
        claims: claims(),
    }
}

/// Everything, with an exact clock.
pub(crate) fn claims() -> Claims {
    Claims::none(Clock::Exact)
        .with(Kind::Fork, &[Field::Ppid])
        .with(Kind::Exec, &[Field::Exe, Field::Argv])
        .with(Kind::Exit, &[Field::Status])
}

/// Three events a process, one process after the other.
fn truth(index: u64, arena: &mut Arena) -> Truth {
    let (process, kind) = (index / 3, Kind::ALL[(index % 3) as usize]);
    let after = 1_000_000 + index * STEP;
    let mut fields = Fields::default();
    match kind {
        Kind::Fork => fields.ppid = Some(1),
        Kind::Exec => {
            fields.exe = Some(arena.push(b"/tmp/r/true"));
            fields.argv = Some(arena.push(format!("true\0{process}\0").as_bytes()));
        }
        Kind::Exit => fields.status = Some(0),
    }
    Truth {
        due: None,
        after,
        before: after + 2000,
        fields,
        pid: (300 + process % PIDS) as u32,
        kind,
        loose: false,
    }
}

fn tell(truth: &Truth, arena: &Arena, journal: &mut EventLog) {
    let mut report = EventRef::new(truth.kind, truth.pid, truth.after + 5000);
    report.happened = truth.after + 1000;
    report.ppid = truth.fields.ppid;
    report.status = truth.fields.status;
    report.exe = truth.fields.exe.map(|span| arena.get(span));
    report.argv = truth.fields.argv.map(|span| arena.get(span));
    journal.push(report);
}

/// A cell that went well.
pub(crate) fn run(workload: &str, monitor: &str, repetition: u32) -> CellRun {
    CellRun {
        repetition,
        drained: true,
        cost: Some(Cost::default()),
        ..CellRun::nothing(workload, monitor)
    }
}

/// The description of a record with so many workloads and monitors.
pub(crate) fn record(workloads: &[&str], monitors: &[&str]) -> Record {
    let workload = |name: &&str| WorkloadInfo {
        name: (*name).into(),
        model: "made".into(),
        analysis: String::new(),
        expected: [0; 3],
    };
    let monitor = |name: &&str| MonitorInfo {
        name: (*name).into(),
        about: String::new(),
        version: None,
        buffer: None,
        unavailable: None,
    };
    Record {
        format: FORMAT,
        record: "made".into(),
        started: "2026-01-01T00:00:00Z".into(),
        command: vec!["harness".into()],
        seed: 1,
        scale: 1.0,
        repetitions: 1,
        precision: None,
        version: "0".into(),
        commit: None,
        sources: None,
        machine: Machine::default(),
        workloads: workloads.iter().map(workload).collect(),
        monitors: monitors.iter().map(monitor).collect(),
        recovered: Vec::new(),
        notes: Vec::new(),
    }
}
