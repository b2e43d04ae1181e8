//! Answers for a terminal.

use contract::plain;

use super::answer::{Answer, Pick, Reason};

/// Everything that speaks for and against each answer. What is from the record is escaped.
pub fn text(answers: &[Answer]) -> String {
    let lines = answers.iter().flat_map(one);
    lines.map(|line| plain(&line) + "\n").collect()
}

fn one(answer: &Answer) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!("{} ({}: {})", answer.title, answer.need, answer.purpose),
    ];
    match &answer.choices[..] {
        [] => lines.push("  no choice: nothing measured is known to meet this".into()),
        [choice] => {
            lines.push(format!("  use {}", choice.configuration));
            lines.extend(pick(choice, "    "));
        }
        several => {
            let names = answer.names().join(" or ");
            lines.push(format!(
                "  use {names}: these figures cannot tell them apart"
            ));
            for choice in several {
                lines.push(format!("    {}", choice.configuration));
                lines.extend(pick(choice, "      "));
            }
        }
    }
    if let Some(second) = &answer.runner_up {
        let word = if answer.choices.is_empty() {
            "nearest"
        } else {
            "runner-up"
        };
        lines.push(format!("  {word}: {}", second.configuration));
        lines.extend(pick(second, "    "));
    }
    let listed = |lead: &'static str, words: &[String]| {
        let line = move |words: &String| format!("  {lead}: {words}");
        words.iter().map(line).collect::<Vec<_>>()
    };
    lines.extend(listed("would change this", &answer.changes));
    lines.extend(listed("lacking", &answer.lacking));
    lines.push(format!("  {}", answer.netlink));
    lines
}

fn pick(pick: &Pick, indent: &str) -> Vec<String> {
    let lists = [
        ("fails", &pick.fails),
        ("meets", &pick.meets),
        ("has", &pick.has),
        ("price", &pick.price),
    ];
    let line = |(lead, reason): (&str, &Reason)| format!("{indent}{lead}: {}", reason.words);
    let all = lists
        .into_iter()
        .flat_map(|(lead, list)| list.iter().map(move |reason| (lead, reason)));
    let unknown = pick.unknown.iter();
    all.map(line)
        .chain(unknown.map(|words| format!("{indent}not known: {words}")))
        .collect()
}
