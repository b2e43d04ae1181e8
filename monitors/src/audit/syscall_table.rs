//! System call numbers of the machines the monitor knows, by the `arch=` of their records.

/// What a system call does to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// fork or vfork: a new process.
    Fork,
    /// clone: its flags are in the first argument.
    Clone,
    /// clone3: its flags are in memory, where audit does not look.
    Clone3,
    /// execve or execveat.
    Exec,
    /// exit: ends one thread.
    Exit,
    /// exit_group: ends the process.
    ExitGroup,
}

/// One calling convention of one kind of machine.
pub(super) struct Abi {
    /// AUDIT_ARCH_*.
    pub(super) arch: u32,
    /// Number and meaning.
    pub(super) calls: &'static [(u32, Call)],
}

/// Every convention that can be decoded, also on another machine than the one that recorded it.
pub(super) const ALL: [Abi; 4] = [X86_64, I386, AARCH64, ARM];

const X86_64: Abi = Abi {
    arch: 0xc000_003e,
    calls: &[
        (56, Call::Clone),
        (57, Call::Fork),
        (58, Call::Fork),
        (59, Call::Exec),
        (60, Call::Exit),
        (231, Call::ExitGroup),
        (322, Call::Exec),
        (435, Call::Clone3),
    ],
};

const I386: Abi = Abi {
    arch: 0x4000_0003,
    calls: &[
        (1, Call::Exit),
        (2, Call::Fork),
        (11, Call::Exec),
        (120, Call::Clone),
        (190, Call::Fork),
        (252, Call::ExitGroup),
        (358, Call::Exec),
        (435, Call::Clone3),
    ],
};

const AARCH64: Abi = Abi {
    arch: 0xc000_00b7,
    calls: &[
        (93, Call::Exit),
        (94, Call::ExitGroup),
        (220, Call::Clone),
        (221, Call::Exec),
        (281, Call::Exec),
        (435, Call::Clone3),
    ],
};

const ARM: Abi = Abi {
    arch: 0x4000_0028,
    calls: &[
        (1, Call::Exit),
        (2, Call::Fork),
        (11, Call::Exec),
        (120, Call::Clone),
        (190, Call::Fork),
        (248, Call::ExitGroup),
        (387, Call::Exec),
        (435, Call::Clone3),
    ],
};

/// The conventions programs can use here: 64 bits, and 32 for those that still are. Empty where
/// the numbers are not known.
pub(super) fn here() -> &'static [Abi] {
    if cfg!(target_arch = "x86_64") {
        &ALL[..2]
    } else if cfg!(target_arch = "aarch64") {
        &ALL[2..]
    } else {
        &[]
    }
}

/// What call `number` of `arch` does; `None` when nothing that matters here.
pub(super) fn call(arch: u32, number: u32) -> Option<Call> {
    let abi = ALL.iter().find(|abi| abi.arch == arch)?;
    let known = abi.calls.iter().find(|(known, _)| *known == number)?;
    Some(known.1)
}
