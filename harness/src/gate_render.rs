//! The gate's findings: for a terminal, for JUnit, for Markdown, and as CI services read them.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use clap::ValueEnum;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};
use contract::plain;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use scoring::gate::{Finding, Outcome};

/// A CI service with a form of its own for what it shows beside a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ci {
    /// The one this runs under, by its environment; else none.
    Auto,
    /// GitHub Actions, Forgejo and Gitea: `::error title=...::...`
    Github,
    /// Azure Pipelines: `##vso[task.logissue type=error]...`
    Azure,
    /// TeamCity: `##teamcity[buildProblem description='...']`
    Teamcity,
    /// None. GitLab, Jenkins and others read the JUnit file.
    None,
}

impl Ci {
    /// What `Auto` means here; `set` tells whether a variable is set.
    pub(crate) fn found(self, set: impl Fn(&str) -> bool) -> Self {
        match self {
            Self::Auto if set("GITHUB_ACTIONS") => Self::Github,
            Self::Auto if set("TF_BUILD") => Self::Azure,
            Self::Auto if set("TEAMCITY_VERSION") => Self::Teamcity,
            Self::Auto => Self::None,
            other => other,
        }
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fine => "fine",
        Outcome::Advisory => "advisory",
        Outcome::Suspected => "suspected",
        Outcome::Failed => "FAILED",
    }
}

/// Bad ones first.
fn ordered(findings: &[Finding]) -> Vec<&Finding> {
    let mut all: Vec<_> = findings.iter().collect();
    all.sort_by_key(|finding| std::cmp::Reverse(finding.outcome));
    all
}

fn columns(finding: &Finding) -> [String; 5] {
    [
        word(finding.outcome).into(),
        plain(&finding.workload),
        plain(&finding.configuration),
        plain(&finding.what),
        plain(&finding.says),
    ]
}

/// One row for each finding, within `width` where the reader is a terminal.
pub(crate) fn table(findings: &[Finding], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).force_no_tty();
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    table.set_header(["", "workload", "configuration", "what", "figures"]);
    for finding in ordered(findings) {
        table.add_row(columns(finding));
    }
    format!("{table}\n")
}

/// A table for a summary page.
pub(crate) fn markdown(findings: &[Finding]) -> String {
    let bad = findings
        .iter()
        .filter(|f| f.outcome == Outcome::Failed)
        .count();
    let verdict = if bad == 0 {
        "The gate holds.".to_owned()
    } else {
        format!("**The gate fails: {bad} findings.**")
    };
    let mut text = format!(
        "## Event loss\n\n{verdict}\n\n| | workload | configuration | what | figures |\n|---|---|---|---|---|\n"
    );
    for finding in ordered(findings) {
        let cells = columns(finding).map(|cell| escape(&cell));
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// Nothing in a name becomes markup or another row.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '<' => out += "&lt;",
            '&' => out += "&amp;",
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' => out.extend(['\\', character]),
            other => out.push(other),
        }
    }
    out
}

/// A JUnit report: a suite for each configuration, a case for each finding.
pub(crate) fn junit(findings: &[Finding]) -> Result<String> {
    let mut report = Report::new("rollcall gate");
    let all: BTreeSet<_> = findings.iter().map(|one| &one.configuration).collect();
    for configuration in all {
        let mut suite = TestSuite::new(plain(configuration));
        let of = findings
            .iter()
            .filter(|one| one.configuration == *configuration);
        suite.add_test_cases(of.map(case));
        report.add_test_suite(suite);
    }
    report.to_string().context("JUnit report")
}

/// The JUnit report of a gate that could not judge by `baseline`: an error, so that it never reads
/// as success.
pub(crate) fn junit_refused(baseline: &str, why: &str) -> Result<String> {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(why);
    let mut suite = TestSuite::new("gate");
    suite.add_test_case(TestCase::new(plain(baseline), status));
    let mut report = Report::new("rollcall gate");
    report.add_test_suite(suite);
    report.to_string().context("JUnit report")
}

/// The same for a summary page.
pub(crate) fn markdown_refused(why: &str) -> String {
    format!(
        "## Event loss\n\n**The gate could not judge:** {}\n",
        escape(why)
    )
}

/// The same for a CI service.
pub(crate) fn annotation_refused(baseline: &str, why: &str, ci: Ci) -> String {
    marked(true, &plain(&format!("gate by {baseline}")), why, ci)
}

fn case(finding: &Finding) -> TestCase {
    let [_, workload, configuration, what, says] = columns(finding);
    let mut status = TestCaseStatus::success();
    if finding.outcome == Outcome::Failed {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(&*says);
    }
    let mut case = TestCase::new(what, status);
    case.set_classname(format!("{configuration}.{workload}"));
    if finding.outcome != Outcome::Failed {
        case.set_system_out(format!("{}: {says}", word(finding.outcome)));
    }
    case
}

/// A line for each finding that is not fine, in the form of `ci`.
pub(crate) fn annotations(findings: &[Finding], ci: Ci) -> String {
    let shown = ordered(findings)
        .into_iter()
        .filter(|f| f.outcome != Outcome::Fine);
    shown.map(|finding| annotation(finding, ci)).collect()
}

fn annotation(finding: &Finding, ci: Ci) -> String {
    let [_, workload, monitor, what, says] = columns(finding);
    let title = format!("{monitor} on {workload}: {what}");
    marked(finding.outcome == Outcome::Failed, &title, &says, ci)
}

/// A line that the service shows as an error or a warning.
fn marked(bad: bool, title: &str, says: &str, ci: Ci) -> String {
    let level = if bad { "error" } else { "warning" };
    match ci {
        Ci::Github => {
            let part = |text: &str| {
                text.replace('%', "%25")
                    .replace(':', "%3A")
                    .replace(',', "%2C")
            };
            let says = says.replace('%', "%25");
            format!("::{level} title={}::{says}\n", part(title))
        }
        Ci::Azure => format!(
            "##vso[task.logissue type={level}]{}: {}\n",
            title.replace(']', "%5D"),
            says
        ),
        Ci::Teamcity => {
            let part = format!("{title}: {says}")
                .replace('|', "||")
                .replace('\'', "|'")
                .replace('[', "|[")
                .replace(']', "|]");
            match bad {
                true => format!("##teamcity[buildProblem description='{part}']\n"),
                false => format!("##teamcity[message text='{part}' status='WARNING']\n"),
            }
        }
        Ci::Auto | Ci::None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scoring::gate::Subject;

    #[test]
    fn kind_20_rows_fit_the_terminal() {
        let finding = Finding {
            workload: "short-lived/fork".into(),
            configuration: "netlink{rcvbuf=kernel}".into(),
            what: "fork".into(),
            subject: Subject::Loss,
            outcome: Outcome::Failed,
            says: "12 of 100000 lost, 0 of 100000 in the baseline; none may be".into(),
        };
        let longest = |width| {
            let text = table(std::slice::from_ref(&finding), width);
            text.lines().map(|line| line.chars().count()).max()
        };
        assert!(longest(Some(80)) <= Some(80) && longest(None) > Some(80));
    }
}
