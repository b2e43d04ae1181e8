//! Where functions begin and end.

use std::process::Command;

use crate::files::{self, Language};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// The line of its name.
    pub(crate) line: usize,
    /// From there to its closing brace.
    pub(crate) lines: usize,
}

/// The functions of a language with braces.
pub(crate) fn braced(text: &str, language: Language) -> Vec<Function> {
    let code = Code(without_strings(text, language));
    let bodies = match language {
        Language::Rust => code.after_word("fn"),
        Language::JavaScript => code.after_word("function"),
        _ => code.c_functions(),
    };
    let function = |(start, open)| code.function(start, open);
    bodies.into_iter().map(function).collect()
}

/// The functions of a Python file, by Python's own parser.
pub(crate) fn python(path: &str) -> Vec<Function> {
    const PARSER: &str = "
import ast, sys
for node in ast.walk(ast.parse(open(sys.argv[1], encoding='utf-8').read())):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        print(node.lineno, node.end_lineno)
";
    let mut parser = Command::new("python3");
    parser.args(["-c", PARSER, path]).current_dir(files::home());
    let output = parser.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{path}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let function = |line: &str| {
        let (first, last) = line.split_once(' ').unwrap();
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let lines = last - first + 1;
        Function { line: first, lines }
    };
    text.lines().map(function).collect()
}

/// Source text in which strings and comments are blanks.
struct Code(Vec<u8>);

impl Code {
    fn line(&self, at: usize) -> usize {
        1 + self.0[..at].iter().filter(|&&byte| byte == b'\n').count()
    }

    fn function(&self, start: usize, open: usize) -> Function {
        let (first, last) = (self.line(start), self.line(self.closing(open)));
        Function {
            line: first,
            lines: last - first + 1,
        }
    }

    /// The brace that closes the one at `open`.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0;
        for (at, byte) in self.0.iter().enumerate().skip(open) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at;
            }
        }
        self.0.len()
    }

    /// Where `word NAME` stands, and the brace that opens its body.
    fn after_word(&self, word: &str) -> Vec<(usize, usize)> {
        let text = String::from_utf8_lossy(&self.0);
        let starts = text.match_indices(word).filter(|(at, _)| {
            let before = at.checked_sub(1).map(|at| self.0[at]);
            let after = self.0.get(at + word.len()..).unwrap_or_default();
            let named = after.first() == Some(&b' ') && after.get(1).is_some_and(is_of_a_word);
            named && !before.is_some_and(|byte| is_of_a_word(&byte))
        });
        starts
            .filter_map(|(at, _)| Some((at, self.body(at)?)))
            .collect()
    }

    /// The first brace after `at` outside parentheses and brackets; `None` where a semicolon is first.
    fn body(&self, at: usize) -> Option<usize> {
        let mut depth = 0;
        for (at, byte) in self.0.iter().enumerate().skip(at) {
            match byte {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth -= 1,
                b'{' if depth == 0 => return Some(at),
                b';' if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }

    /// Bodies at the outermost level that follow a parenthesis.
    fn c_functions(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        // Behind the last thing that ended, and the last byte of code.
        let (mut start, mut last, mut at) = (0, b' ', 0);
        while at < self.0.len() {
            match self.0[at] {
                b'{' => {
                    let closing = self.closing(at);
                    if last == b')' {
                        found.push((self.next_code(start), at));
                    }
                    (at, start, last) = (closing, closing + 1, b'}');
                }
                b';' => (start, last) = (at + 1, b';'),
                byte if !byte.is_ascii_whitespace() => last = byte,
                _ => {}
            }
            at += 1;
        }
        found
    }

    fn next_code(&self, from: usize) -> usize {
        let code = self.0[from..]
            .iter()
            .position(|byte| !byte.is_ascii_whitespace());
        from + code.unwrap_or(0)
    }
}

fn is_of_a_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

/// `text` with blanks for strings, characters, comments and preprocessor lines; line breaks stay.
pub(crate) fn without_strings(text: &str, language: Language) -> Vec<u8> {
    let mut out = text.as_bytes().to_vec();
    let mut at = 0;
    while at < out.len() {
        let end = match token(&out[at..], language, at == 0 || out[at - 1] == b'\n') {
            Some(length) => at + length.max(1),
            None => {
                at += 1;
                continue;
            }
        };
        let end = end.min(out.len());
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    out
}

/// The length of the string or comment at the start of `code`, if there is one.
fn token(code: &[u8], language: Language, line_start: bool) -> Option<usize> {
    let until = |what: &[u8], from: usize| {
        let rest = code.get(from..).unwrap_or_default();
        let found = rest.windows(what.len()).position(|window| window == what);
        found.map_or(code.len(), |at| from + at + what.len())
    };
    match code {
        [b'/', b'/', ..] => Some(until(b"\n", 2) - 1),
        [b'/', b'*', ..] => Some(until(b"*/", 2)),
        [b'#', ..] if language == Language::C && line_start => Some(directive(code)),
        [b'r', b'"' | b'#', ..] if language == Language::Rust => raw_string(code),
        [b'`', ..] if language == Language::JavaScript => Some(quoted(code, b'`')),
        [b'"', ..] => Some(quoted(code, b'"')),
        // A lifetime is no character.
        [b'\'', b'\\', ..] => Some(quoted(code, b'\'')),
        [b'\'', _, b'\'', ..] if language != Language::JavaScript => Some(3),
        [b'\'', ..] if language == Language::JavaScript => Some(quoted(code, b'\'')),
        _ => None,
    }
}

fn quoted(code: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < code.len() && code[at] != quote {
        at += if code[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// `r"..."`, `r#"..."#` and so on.
fn raw_string(code: &[u8]) -> Option<usize> {
    let hashes = code[1..].iter().take_while(|&&byte| byte == b'#').count();
    if code.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let mut end = vec![b'"'];
    end.extend(std::iter::repeat_n(b'#', hashes));
    let body = code.get(2 + hashes..).unwrap_or_default();
    let found = body.windows(end.len()).position(|window| window == end);
    found.map(|at| 2 + hashes + at + end.len())
}

/// A line that begins with #, and those that continue it.
fn directive(code: &[u8]) -> usize {
    let mut end = 0;
    for line in code.split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        if !line.ends_with(b"\\\n") {
            break;
        }
    }
    end.saturating_sub(1)
}

#[test]
fn functions_are_counted_and_strings_are_not_code() {
    let rust = "fn a<'x>() -> [u8; 2] {\n    let s = \"fn b() {\";\n    '{' /* } */\n}\n\
                fn c();\nfn d(f: fn(u8)) {\n    r#\"}\"#\n}\n";
    let lines = |line, lines| Function { line, lines };
    assert_eq!(braced(rust, Language::Rust), [lines(1, 4), lines(6, 3)]);
    let c = "#define X(a) do { \\\n} while (0)\nstruct s { int x; };\nstatic int\nf(void)\n{\n    return '}';\n}\n\
             int x[] = {1};\nint g(void) { return 1; } // {\n";
    assert_eq!(braced(c, Language::C), [lines(4, 5), lines(10, 1)]);
    let js = "async function f(a) {\n  return `}`;\n}\n";
    assert_eq!(braced(js, Language::JavaScript), [lines(1, 3)]);
}
