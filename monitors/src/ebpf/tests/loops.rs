//! What the verifier of Linux 5.10 asks of a loop, without that kernel at hand: the mode back must be
//! a conditional jump. The compiler makes another one of it as soon as it sees a short cut.

use aya_obj::Object;
use aya_obj::generated::bpf_insn;

use super::super::probe::OBJECT;

const JUMP: u8 = 0x05;
const JUMP32: u8 = 0x06;
const CALL: u8 = 0x80;
const EXIT: u8 = 0x90;
/// Loads 64 bits by two instructions.
const LOAD64: u8 = 0x18;

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    No,
    OnTheWay,
    Done,
}

/// Where one may go on from instruction `at`, and whether by a conditional jump. What follows comes
/// first, as in the kernel.
fn modes(code: &[bpf_insn], at: usize) -> Vec<(usize, bool)> {
    let insn = &code[at];
    let jumped = (at + 1).wrapping_add_signed(insn.off.into());
    match (insn.code & 0x07, insn.code & 0xf0) {
        (JUMP, EXIT) => vec![],
        (JUMP, 0) => vec![(jumped, false)],
        (JUMP | JUMP32, operation) if operation != CALL => vec![(at + 1, true), (jumped, true)],
        _ if insn.code == LOAD64 => vec![(at + 2, false)],
        _ => vec![(at + 1, false)],
    }
}

/// The instructions that go back without a condition.
fn blind_ways_back(code: &[bpf_insn]) -> Vec<usize> {
    let mut seen = vec![Seen::No; code.len()];
    let mut found = Vec::new();
    let mut mode = vec![(0, modes(code, 0))];
    seen[0] = Seen::OnTheWay;
    while let Some((at, left)) = mode.last_mut() {
        let at = *at;
        if left.is_empty() {
            seen[at] = Seen::Done;
            mode.pop();
            continue;
        }
        let (next, conditional) = left.remove(0);
        match seen[next] {
            Seen::No => {
                seen[next] = Seen::OnTheWay;
                mode.push((next, modes(code, next)));
            }
            Seen::OnTheWay if !conditional => found.push(at),
            Seen::OnTheWay | Seen::Done => {}
        }
    }
    found
}

fn insn(code: u8, off: i16) -> bpf_insn {
    bpf_insn {
        code,
        _bitfield_align_1: [],
        _bitfield_1: bpf_insn::new_bitfield_1(0, 0),
        off,
        imm: 0,
    }
}

#[test]
fn every_way_back_is_a_conditional_jump() {
    let object = Object::parse(OBJECT).unwrap();
    assert!(object.functions.len() >= 7);
    for function in object.functions.values() {
        let found = blind_ways_back(&function.instructions);
        assert!(
            found.is_empty(),
            "{}: instructions {found:?} jump back without a condition: Linux 5.10 refuses that; \
             see llvm-objdump -d monitors/src/ebpf/probe.bpf.o, and SHOWN in the loops",
            function.name
        );
    }
}

#[test]
fn a_blind_way_back_is_found() {
    // if r0 == 0 goto +1; goto -2; exit
    let code = [insn(0x15, 1), insn(0x05, -2), insn(0x95, 0)];
    assert_eq!(blind_ways_back(&code), [1]);
    // r0 = 0 ll; if r0 == 0 goto -3; exit
    let code = [insn(0x18, 0), insn(0, 0), insn(0x15, -3), insn(0x95, 0)];
    assert!(blind_ways_back(&code).is_empty());
}
