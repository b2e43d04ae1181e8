//! Kind 20: flags as people type them; an error names the help of its own command, and what was near.

use crate::common::harness;
use crate::{ended, one_line};

#[test]
fn kind_20_what_is_mistyped_is_guessed_and_the_commands_own_help_is_named() {
    for (args, names) in [
        (
            &["rnu"][..],
            &["did you mean run?", "see harness --help"][..],
        ),
        (
            &["fork-bomb"],
            &["did you mean -w fork-bomb?", "see harness --help"],
        ),
        (
            &["run", "fork-bomb"],
            &["did you mean -w fork-bomb?", "see harness run --help"],
        ),
        (&["run", "ebpf"], &["did you mean -m ebpf?"]),
        (
            &["sweep", "short-lived"],
            &["did you mean -w short-lived?", "see harness sweep --help"],
        ),
        (
            &["run", "--monitr", "x"],
            &["did you mean --monitor?", "see harness run --help"],
        ),
        (
            &["run", "--rep", "3"],
            &["did you mean --reps?", "see harness run --help"],
        ),
        (
            &["watch", "null", "--columns", "comm", "--format", "table"],
            &["--columns comm", "null does not tell it"],
        ),
        (
            &["watch", "audit{fields=all}", "--columns", "comm"],
            &["--columns", "lines of JSON have all", "--format table"],
        ),
        (
            &["watch", "ebpf", "--columns", "exe"],
            &["--columns", "exe has a place in every table"],
        ),
        (&["watch", "ebfp"], &["did you mean ebpf?", "harness list"]),
        (
            &["watch", "ebpf", "--kind", "forks"],
            &["fork, exec or exit", "see harness watch --help"],
        ),
        (
            &["completions", "basch"],
            &["did you mean bash?", "see harness completions --help"],
        ),
        (&["gate"], &["--baseline <FILE>", "see harness gate --help"]),
        (&["run", "-m", "netlnk"], &["did you mean netlink?"]),
        (&["run", "-w", "shortlived"], &["did you mean short-lived?"]),
    ] {
        one_line(&ended(harness().args(args)), 2, names);
    }
}

/// A command that takes no monitors is not told of the flag for them.
#[test]
fn kind_20_no_flag_is_proposed_that_the_command_does_not_have() {
    for args in [
        &["list", "ebpf"],
        &["doctor", "fork-bomb"],
        &["selftest", "ebpf"],
    ] {
        let said = ended(harness().args(args));
        one_line(&said, 2, &[args[0]]);
        assert!(!said.2.contains("did you mean"), "{}", said.2);
    }
}
