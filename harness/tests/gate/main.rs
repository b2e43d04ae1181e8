//! The gate: how often it cries wolf, what it catches, and what it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../made/mod.rs"]
mod made;
mod refusals;

use common::{said, scratch};
use contract::Kind;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scoring::gate::{self, Baseline, Outcome, confirm, judge};
use scoring::record::{CellRun, write_json};
use scoring::{Cell, Keyed, KindScore, Scored, Summary};

const TRUTHS: u64 = 20_000;
const REPETITIONS: u32 = 5;

/// How a monitor loses.
#[derive(Clone, Copy)]
pub(crate) enum Loses {
    /// Each event with this chance.
    One(f64),
    /// Whole bursts of 200, so many in a run on average.
    Bursts(f64),
}

pub(crate) struct World(pub(crate) StdRng);

impl World {
    /// By counting, as Poisson drew from Prussian horses: exact enough for rare losses, and for
    /// frequent ones a normal law is.
    fn missed(&mut self, loses: Loses) -> u64 {
        match loses {
            Loses::One(rate) => self.binomial(rate),
            Loses::Bursts(mean) => 200 * self.poisson(mean),
        }
        .min(TRUTHS)
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        let (mut product, mut count) = (self.0.random::<f64>(), 0);
        while product > (-mean).exp() {
            product *= self.0.random::<f64>();
            count += 1;
        }
        count
    }

    fn binomial(&mut self, rate: f64) -> u64 {
        let mean = TRUTHS as f64 * rate;
        if mean < 100.0 {
            return self.poisson(mean);
        }
        let (size, turn) = (1.0 - self.0.random::<f64>(), self.0.random::<f64>());
        let normal = (-2.0 * size.ln()).sqrt() * (std::f64::consts::TAU * turn).cos();
        (mean + normal * (mean * (1.0 - rate)).sqrt())
            .round()
            .max(0.0) as u64
    }

    pub(crate) fn record(&mut self, monitors: &[(&str, Loses)]) -> Summary {
        self.duplicates(REPETITIONS, monitors)
    }

    /// A single run of 20,000 processes under a monitor.
    fn single(&mut self, loses: Loses) -> Summary {
        self.duplicates(1, &[("one", loses)])
    }

    fn duplicates(&mut self, repetitions: u32, monitors: &[(&str, Loses)]) -> Summary {
        let mut scored = Vec::new();
        for repetition in 1..=repetitions {
            for (place, (monitor, loses)) in monitors.iter().enumerate() {
                let run = CellRun {
                    order: scored.len() as u32 + place as u32,
                    ..made::run("paced", monitor, repetition)
                };
                scored.push(self.cell(&run, *loses));
            }
        }
        let names: Vec<_> = monitors.iter().map(|one| one.0).collect();
        Summary::new(made::record(&["paced"], &names), scored).unwrap()
    }

    fn cell(&mut self, run: &CellRun, loses: Loses) -> Scored {
        let mut cell = Cell::blank(run);
        cell.kinds = Keyed::each(|_| {
            let missed = self.missed(loses);
            KindScore {
                offered: true,
                truths: TRUTHS,
                matched: TRUTHS - missed,
                missed,
                ..KindScore::default()
            }
        });
        Scored::new(cell, None)
    }
}

pub(crate) fn fails(findings: &[gate::Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.outcome >= Outcome::Suspected)
}

/// Monitors that lose nothing, little, much, nearly all, and in bursts.
pub(crate) const ALL: &[(&str, Loses)] = &[
    ("whole", Loses::One(0.0)),
    ("little", Loses::One(0.001)),
    ("some", Loses::One(0.02)),
    ("most", Loses::One(0.97)),
    ("bursts", Loses::Bursts(8.0)),
];

#[test]
fn a_thousand_comparisons_of_the_same_raise_no_alarm() {
    let mut world = World(StdRng::seed_from_u64(41));
    let mut alarms = [0; 2];
    for _ in 0..1000 {
        let baseline = Baseline::of(&world.record(ALL));
        let first = judge(&baseline, &world.record(ALL), true);
        let second = judge(&baseline, &world.record(ALL), true);
        alarms[0] += u32::from(fails(&first));
        alarms[1] += u32::from(fails(&confirm(first, &second)));
    }
    println!("false alarms in 1,000: {alarms:?}, without and with a second run");
    assert!(alarms.iter().all(|&alarms| alarms <= 1), "{alarms:?}");
}

#[test]
fn a_planted_loss_of_one_in_a_thousand_is_caught() {
    let mut world = World(StdRng::seed_from_u64(42));
    let mut caught = 0;
    for _ in 0..1000 {
        let baseline = Baseline::of(&world.single(Loses::One(0.0)));
        let lossy = world.single(Loses::One(0.001));
        caught += u32::from(fails(&judge(&baseline, &lossy, false)));
    }
    assert!(caught >= 999, "{caught}");
}

#[test]
fn a_single_loss_where_none_was_promised_is_always_caught() {
    let mut world = World(StdRng::seed_from_u64(43));
    let (mut lost, mut caught) = (0, 0);
    for _ in 0..1000 {
        let baseline = Baseline::of(&world.single(Loses::One(0.0)));
        let lossy = world.single(Loses::One(0.000_05));
        let missed: u64 = Kind::ALL
            .iter()
            .map(|&kind| lossy.comparison[0].loss.get(kind).unwrap().missed)
            .sum();
        let findings = judge(&baseline, &lossy, false);
        // A second run without a loss does not undo the first.
        let again = judge(&baseline, &world.single(Loses::One(0.0)), false);
        lost += u32::from(missed > 0);
        caught += u32::from(fails(&confirm(findings, &again)));
    }
    assert!(lost > 900, "{lost}");
    assert_eq!(caught, lost);
}

#[test]
fn a_loss_that_grows_is_caught_and_one_run_in_bad_luck_is_not() {
    let mut world = World(StdRng::seed_from_u64(44));
    let baseline = Baseline::of(&world.record(ALL));
    let mut worse = ALL.to_vec();
    worse[1].1 = Loses::One(0.005);
    let bad = judge(&baseline, &world.record(&worse), false);
    assert!(
        bad.iter()
            .any(|one| one.outcome == Outcome::Suspected && one.configuration == "little")
    );
    let good = judge(&baseline, &world.record(ALL), false);
    assert!(!fails(&confirm(bad.clone(), &good)));
    assert!(fails(&confirm(bad.clone(), &bad)));
}

/// A record and a baseline of it, as files.
pub(crate) fn files(dir: &std::path::Path, loses: Loses) -> (String, String) {
    promised(dir, Loses::One(0.0), loses)
}

pub(crate) fn promised(dir: &std::path::Path, before: Loses, loses: Loses) -> (String, String) {
    let mut world = World(StdRng::seed_from_u64(45));
    let promised = world.record(&[("one", before)]);
    let baseline = dir.join("gate.json");
    write_json(&baseline, &Baseline::of(&promised)).unwrap();
    let record = dir.join("record");
    std::fs::create_dir_all(&record).unwrap();
    let summary = world.record(&[("one", loses)]);
    write_json(&record.join("record.json"), &summary.record).unwrap();
    write_json(&record.join("summary.json"), &summary).unwrap();
    let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    (text(baseline), text(record))
}

#[test]
fn it_holds_or_fails_and_says_so_everywhere() {
    let dir = scratch();
    let (baseline, record) = files(dir.path(), Loses::One(0.0));
    let (code, table, stderr) = said(&["gate", "--baseline", &baseline, &record]);
    let due = "harness: the gate holds: 3 promises kept\n";
    assert_eq!((code, stderr.as_str()), (0, due), "{table}");
    assert!(table.contains("0 of 100000 lost"), "{table}");

    let (baseline, record) = files(dir.path(), Loses::One(0.001));
    let (junit, page) = (dir.path().join("gate.xml"), dir.path().join("page.md"));
    std::fs::write(&page, "before\n").unwrap();
    let (code, table, stderr) = said(&[
        "gate",
        "--baseline",
        &baseline,
        &record,
        "--junit",
        junit.to_str().unwrap(),
        "--markdown",
        page.to_str().unwrap(),
        "--annotations",
        "github",
    ]);
    assert_eq!(code, 1, "{table}");
    assert!(stderr.contains("the gate fails: 3 findings"), "{stderr}");
    assert!(
        table.contains("::error title=one on paced%3A fork::"),
        "{table}"
    );
    let junit = std::fs::read_to_string(junit).unwrap();
    let suite = "<testsuite name=\"one\" tests=\"3\" skipped=\"0\" errors=\"0\" failures=\"3\">";
    assert!(junit.contains(suite), "{junit}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.starts_with("before\n") && page.contains("**The gate fails: 3"),
        "{page}"
    );
}

/// A record of somewhere else has no second run: what is suspected of it fails, in every output.
#[test]
fn a_record_fails_on_suspicion_in_every_form() {
    let dir = scratch();
    let (baseline, record) = promised(dir.path(), Loses::One(0.001), Loses::One(0.01));
    let (junit, page) = (dir.path().join("gate.xml"), dir.path().join("page.md"));
    let said = |ci: &str| {
        let mut args = vec![
            "gate",
            "--baseline",
            &baseline,
            &record,
            "--annotations",
            ci,
        ];
        args.extend(["--junit", junit.to_str().unwrap()]);
        args.extend(["--markdown", page.to_str().unwrap()]);
        let (code, table, stderr) = said(&args);
        assert_eq!(code, 1, "{table}{stderr}");
        table
    };
    let github = said("github");
    assert!(
        github.contains("::error title=one on paced%3A fork::"),
        "{github}"
    );
    let azure = said("azure");
    let due = "##vso[task.logissue type=error]one on paced: fork: ";
    assert!(azure.contains(due), "{azure}");
    let teamcity = said("teamcity");
    let due = "##teamcity[buildProblem description='one on paced: fork: ";
    assert!(teamcity.contains(due), "{teamcity}");
    let read = |path| std::fs::read_to_string(path).unwrap();
    let xml = read(&junit);
    assert_eq!(xml.matches("<failure message=").count(), 3, "{xml}");
    assert!(read(&page).contains("**The gate fails: 3 findings.**"));
}
