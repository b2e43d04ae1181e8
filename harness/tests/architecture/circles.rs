//! No file of a crate uses, by way of others, what uses it: also no parent module what its children use
//! of it. Paths are read as they are written: `crate::`, `super::`, `self::`, and a child module's name.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{self, Language};
use crate::functions::without_strings;

const CRATES: [&str; 6] = [
    "harness/contract/src/",
    "harness/scoring/src/",
    "harness/report/src/",
    "harness/src/",
    "monitors/src/",
    "workloads/src/",
];

/// The names from the crate's root to a module.
type Module = Vec<String>;
type Uses = BTreeMap<Module, BTreeSet<Module>>;

#[test]
fn no_files_use_each_other_in_a_circle() {
    let files = files::all();
    for source in CRATES {
        let mut modules = BTreeMap::new();
        for file in &files {
            let name = file.path.strip_prefix(source).map(str::to_owned);
            if let (Some(name), Some(text)) = (name.and_then(|name| module(&name)), &file.text) {
                modules.insert(name, text.clone());
            }
        }
        assert!(modules.len() > 10, "{source}: {} modules", modules.len());
        let uses = uses(&modules);
        let circle = circle(&uses);
        assert!(circle.is_empty(), "{source}: {circle:#?}");
    }
}

/// The module in a file, by its path below the sources; `None` where it is only for tests.
fn module(path: &str) -> Option<Module> {
    let mut names: Module = path
        .strip_suffix(".rs")?
        .split('/')
        .map(String::from)
        .collect();
    if names == ["lib"] || names == ["main"] {
        names.clear();
    }
    let for_tests = |name: &String| name == "tests" || name == "test_support" || name == "bin";
    (!names.iter().any(for_tests)).then_some(names)
}

fn uses(modules: &BTreeMap<Module, String>) -> Uses {
    let known: BTreeSet<&Module> = modules.keys().collect();
    let of = |(module, text): (&Module, &String)| {
        let paths = paths(&product_code(text));
        let used = paths.iter().filter_map(|path| target(module, path, &known));
        (module.clone(), used.filter(|one| one != module).collect())
    };
    modules.iter().map(of).collect()
}

/// Without strings, comments, the reach of visibilities, and what is compiled for tests only.
fn product_code(text: &str) -> String {
    let code = String::from_utf8(without_strings(text, Language::Rust)).unwrap();
    let mut code = code.replace("pub(in ", "pub(");
    while let Some(start) = code.find("pub(") {
        let end = code[start..].find(')').map_or(code.len(), |at| start + at);
        code.replace_range(start..end, "");
    }
    while let Some(start) = code.find("#[cfg(test)]") {
        let rest = &code[start..];
        let end = rest.find([';', '{']).map_or(code.len(), |at| start + at);
        let end = if code[end..].starts_with('{') {
            closing(&code, end)
        } else {
            end
        };
        code.replace_range(start..(end + 1).min(code.len()), "");
    }
    code
}

/// The brace that closes the one at `open`.
fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        depth += i32::from(byte == b'{') - i32::from(byte == b'}');
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

/// Every path with `::` in it, those of `use` with their braces resolved.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = String::new();
    let mut parts = code.split("use ");
    rest.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (tree, after) = part.split_once(';').unwrap_or((part, ""));
        expand("", tree, &mut found);
        rest.push_str(after);
    }
    let words = rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    found.extend(words.filter(|word| word.contains("::")).map(String::from));
    let names = |path: &String| {
        path.split("::")
            .map(|name| name.trim().to_owned())
            .collect()
    };
    found.iter().map(names).collect()
}

/// `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(before: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return found.push(format!("{before}{path}"));
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut start) = (0, 0);
    let before = format!("{before}{}", head.trim());
    for (at, byte) in inner.bytes().enumerate() {
        depth += i32::from(byte == b'{') - i32::from(byte == b'}');
        if byte == b',' && depth == 0 {
            expand(&before, &inner[start..at], found);
            start = at + 1;
        }
    }
    if !inner[start..].trim().is_empty() {
        expand(&before, &inner[start..], found);
    }
}

/// The deepest module that `path`, as written in `module`, leads through; `None` outside the crate.
fn target(module: &Module, path: &[String], known: &BTreeSet<&Module>) -> Option<Module> {
    let mut at = module.clone();
    let mut names = path.iter().peekable();
    match names.peek().map(|name| name.as_str()) {
        Some("crate") => {
            at.clear();
            names.next();
        }
        Some("self") => drop(names.next()),
        Some("super") => {
            while names.next_if(|name| *name == "super").is_some() {
                at.pop()?;
            }
        }
        Some(child) => {
            let inside = [module.as_slice(), &[child.to_owned()]].concat();
            known.get(&inside)?;
        }
        None => return None,
    }
    for name in names {
        at.push(name.clone());
        if !known.contains(&at) {
            at.pop();
            break;
        }
    }
    known.contains(&at).then_some(at)
}

/// What is left when modules that use nothing that is left, or that nothing left uses, are taken away.
fn circle(uses: &Uses) -> Uses {
    let mut left = uses.clone();
    loop {
        let names: BTreeSet<Module> = left.keys().cloned().collect();
        let used: BTreeSet<Module> = left.values().flatten().cloned().collect();
        let before = left.clone();
        for used in left.values_mut() {
            used.retain(|one| names.contains(one));
        }
        left.retain(|name, uses| !uses.is_empty() && used.contains(name));
        if left == before {
            return left;
        }
    }
}

#[test]
fn a_circle_is_found_through_braces_children_and_parents() {
    let of = |files: &[(&str, &str)]| {
        let file = |(path, text): &(&str, &str)| (module(path).unwrap(), (*text).to_owned());
        circle(&uses(&files.iter().map(file).collect())).len()
    };
    let parent = ("a.rs", "mod b;\nuse b::{B, c};\nconst X: u8 = 1;");
    assert_eq!(of(&[parent, ("a/b.rs", "use super::X;")]), 2);
    assert_eq!(of(&[parent, ("a/b.rs", "fn f() { super::X }")]), 2);
    let of_siblings = [
        ("b.rs", "use super::{a::X, std::y};"),
        ("a.rs", "use crate::b::B;"),
    ];
    assert_eq!(of(&of_siblings), 2);
    // In tests, in comments, and one way only.
    let test = "#[cfg(test)]\nmod tests { use super::X; fn f() {} }\n// super::X";
    assert_eq!(of(&[parent, ("a/b.rs", test)]), 0);
    assert_eq!(of(&[parent, ("a/b.rs", "use super::super::lib::X;")]), 0);
}
