use serde::Serialize;

use contract::plain;

/// What the rules say for one need, in words and figures.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Name of the need.
    pub need: String,
    /// The need in words.
    pub title: String,
    /// What it is needed for.
    #[serde(rename = "for")]
    pub purpose: String,
    /// `None` when nothing measured is known to meet it.
    pub choice: Option<Pick>,
    /// Those that nothing measured sets apart from the choice.
    pub equals: Vec<String>,
    /// The next best, or the one that fails least.
    pub runner_up: Option<Pick>,
    /// What would change the answer.
    pub mind: Vec<String>,
    /// How it stands to "use netlink".
    pub netlink: String,
    /// What the record does not hold of what the rules ask for.
    pub lacking: Vec<String>,
}

/// A technique, with what speaks for it and against it.
#[derive(Clone, Debug, Serialize)]
pub struct Pick {
    /// Its label.
    pub configuration: String,
    /// Conditions it meets.
    pub meets: Vec<Reason>,
    /// The figures that decide between those that do.
    pub has: Vec<Reason>,
    /// What it costs to follow the advice.
    pub price: Vec<Reason>,
    /// Conditions it does not meet.
    pub fails: Vec<Reason>,
}

/// A figure in words, and where in the record it is from.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// "missed 0 of 300,000, at most 0.0012 %".
    pub words: String,
    /// Whose rows.
    pub configuration: String,
    /// Of which workloads.
    pub workloads: Vec<String>,
}

/// The answers for a terminal. Everything from the record is escaped.
pub fn text(answers: &[Answer]) -> String {
    let lines = answers.iter().flat_map(one);
    lines.map(|line| plain(&line) + "\n").collect()
}

fn one(answer: &Answer) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!("{} ({}: {})", answer.title, answer.need, answer.purpose),
    ];
    match &answer.choice {
        Some(choice) => {
            let names = [&choice.configuration].into_iter().chain(&answer.equals);
            let names: Vec<_> = names.map(String::as_str).collect();
            lines.push(format!("  use {}", names.join(" or ")));
            if names.len() > 1 {
                lines.push("    nothing the record holds sets these apart".into());
            }
            lines.extend(pick(choice));
        }
        None => lines.push("  no choice: nothing measured is known to meet this".into()),
    }
    if let Some(second) = &answer.runner_up {
        lines.push(format!("  runner-up: {}", second.configuration));
        lines.extend(pick(second));
    }
    let listed = |lead: &'static str, words: &[String]| {
        words
            .iter()
            .map(move |words| format!("  {lead}: {words}"))
            .collect::<Vec<_>>()
    };
    lines.extend(listed("would change this", &answer.mind));
    lines.extend(listed("lacking", &answer.lacking));
    lines.push(format!("  {}", answer.netlink));
    lines
}

fn pick(pick: &Pick) -> Vec<String> {
    let lists = [
        ("fails", &pick.fails),
        ("meets", &pick.meets),
        ("has", &pick.has),
        ("price", &pick.price),
    ];
    let line = |(lead, reason): (&str, &Reason)| format!("    {lead}: {}", reason.words);
    let all = lists
        .into_iter()
        .flat_map(|(lead, list)| list.iter().map(move |reason| (lead, reason)));
    all.map(line).collect()
}
