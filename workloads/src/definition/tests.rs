use super::*;

const GOOD: &str = r#"
name = "x"
model = "bomb"
headline = false
analysis = "A. B."
[options]
depth = 3
"#;

fn error(text: &str) -> String {
    parse("x.toml", text).unwrap_err().to_string()
}

/// Sleepers do nothing.
fn most_live(definition: &Definition) -> u32 {
    match definition.model() {
        "sleepers" => 5008,
        _ => 1024,
    }
}

#[test]
fn every_definition_parses_and_has_a_name_and_analysis_of_its_own() {
    let all = definitions().unwrap();
    for (index, definition) in all.iter().enumerate() {
        let script = definition.script(1.0, Path::new("/p")).unwrap();
        assert!(
            script.live <= most_live(definition) && script.slots < 1 << 21,
            "{definition:?}"
        );
        let sentences = definition.analysis.matches(". ").count() + 1;
        assert!(
            (2..=5).contains(&sentences),
            "{definition:?}: {sentences} sentences"
        );
        assert!(
            all[..index]
                .iter()
                .all(|other| other.name != definition.name)
        );
    }
    let names: Vec<_> = all
        .iter()
        .filter(|d| d.headline)
        .map(|d| d.name.as_str())
        .collect();
    assert_eq!(names.len(), 8, "{names:?}");
}

#[test]
fn the_headline_fork_bomb_is_large() {
    let all = definitions().unwrap();
    let bomb = all.iter().find(|d| d.name == "fork-bomb").unwrap();
    let script = bomb.script(1.0, Path::new("/p")).unwrap();
    assert!(script.expected.0[0] >= 20_000);
}

#[test]
fn an_error_names_the_file_and_the_key() {
    assert!(parse("x.toml", GOOD).is_ok());
    let unknown = error(&GOOD.replace("headline", "headlin"));
    assert!(
        unknown.starts_with("definitions/x.toml, line 4: unknown field `headlin`"),
        "{unknown}"
    );
    let option = error(&GOOD.replace("depth", "dept"));
    assert!(
        option.starts_with("definitions/x.toml: x has no option 'dept'"),
        "{option}"
    );
    let model = error(&GOOD.replace("bomb", "bom"));
    assert!(
        model.contains("model 'bom' is not one of bomb, case, command, launch, paced, pipeline"),
        "{model}"
    );
    let missing = error(&GOOD.replace("analysis = \"A. B.\"", ""));
    assert!(missing.contains("missing field `analysis`"), "{missing}");
    let command = error(&GOOD.replace("bomb", "command").replace("depth", "size"));
    assert!(
        command.contains("the table 'command' belongs to"),
        "{command}"
    );
    for text in [unknown, option, model, missing, command] {
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn options_of_the_command_line_replace_those_of_the_file_and_alone_are_in_the_label() {
    let definition = parse("x.toml", GOOD).unwrap();
    assert_eq!(definition.label, "x");
    assert_eq!(definition.options.size("depth"), 3);
    let given = [("depth".to_owned(), "4".to_owned())];
    let changed = definition.with(&given).unwrap();
    assert_eq!(
        (changed.label.as_str(), changed.options.size("depth")),
        ("x{depth=4}", 4)
    );
    let wrong = definition.with(&[("dept".to_owned(), "4".to_owned())]);
    assert!(wrong.unwrap_err().to_string().contains("no option 'dept'"));
}

#[test]
fn what_runs_beside_another_is_a_definition_itself() {
    let all = definitions().unwrap();
    for label in all.iter().filter_map(|one| one.beside.as_deref()) {
        let name = contract::bare_name(label);
        assert!(all.iter().any(|one| one.name == name), "{label}");
    }
}

#[test]
fn the_size_of_a_command_is_known_to_its_scripts() {
    let all = definitions().unwrap();
    let storm = all
        .iter()
        .find(|one| one.name == "real/cron-storm")
        .unwrap();
    let run = |one: &Definition| one.command.as_ref().unwrap().argv[2].clone();
    let own = run(storm).into_string().unwrap();
    assert!(own.starts_with("set -eu\nsize=6000\n"), "{own}");
    let small = storm.with(&[("size".to_owned(), "20".to_owned())]).unwrap();
    assert_eq!(small.label, "real/cron-storm{size=20}");
    let small = run(&small).into_string().unwrap();
    assert_eq!(small, own.replace("size=6000", "size=20"));
    let tenth = storm.scaled(0.1);
    assert_eq!(tenth.label, "real/cron-storm");
    let tenth = run(&tenth).into_string().unwrap();
    assert_eq!(tenth, own.replace("size=6000", "size=600"));
    let least = run(&storm.scaled(1e-9)).into_string().unwrap();
    assert!(least.contains("\nsize=1\n"), "{least}");
}
