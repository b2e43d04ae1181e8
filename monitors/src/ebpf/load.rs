//! Loading a program though signals come in: the kernel's verifier gives up with EAGAIN when one is
//! pending for the thread (`do_check` in kernel/bpf/verifier.c), and a process that ends children gets
//! thousands of them a second.

use aya::Btf;
use aya::programs::{BtfTracePoint, Lsm, Program, ProgramError};
use aya::sys::SyscallError;
use contract::Result;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow};

/// So often a program is given to the kernel: a stop, a freezer and SIGKILL cannot be kept away.
const TRIES: usize = 5;

/// While it lives, no signal is delivered to this thread; those that came are delivered after it.
pub(super) struct NoSignals(SigSet);

impl NoSignals {
    pub(super) fn begin() -> Result<Self> {
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK);
        let why = |errno| format!("ebpf: pthread_sigmask: {errno}: report this");
        Ok(Self(before.map_err(why)?))
    }
}

impl Drop for NoSignals {
    fn drop(&mut self) {
        let restored = self.0.thread_set_mask();
        debug_assert_eq!(restored, Ok(()), "the mask was this thread's own");
    }
}

/// Loads it and attaches it to `hook`, a tracepoint, by way of perf one in `folder`, or an LSM hook.
pub(super) fn attach(
    program: &mut Program,
    folder: &str,
    hook: &str,
    btf: &Btf,
) -> std::result::Result<(), ProgramError> {
    match program {
        Program::TracePoint(program) => {
            patiently(|| program.load())?;
            program.attach(folder, hook)?;
        }
        Program::Lsm(program) => {
            load_lsm(program, hook, btf)?;
            program.attach()?;
        }
        program => {
            let program: &mut BtfTracePoint = program.try_into()?;
            patiently(|| program.load(hook, btf))?;
            program.attach()?;
        }
    }
    Ok(())
}

/// Loads it for an LSM hook.
pub(super) fn load_lsm(
    program: &mut Lsm,
    hook: &str,
    btf: &Btf,
) -> std::result::Result<(), ProgramError> {
    patiently(|| program.load(hook, btf))
}

pub(super) fn unload(program: &mut Program) -> std::result::Result<(), ProgramError> {
    match program {
        Program::TracePoint(program) => program.unload(),
        Program::Lsm(program) => program.unload(),
        program => <&mut BtfTracePoint>::try_from(program)?.unload(),
    }
}

fn patiently(
    mut load: impl FnMut() -> std::result::Result<(), ProgramError>,
) -> std::result::Result<(), ProgramError> {
    for _ in 1..TRIES {
        match load() {
            Err(error) if interrupted(&error) => {}
            done => return done,
        }
    }
    load()
}

fn interrupted(error: &ProgramError) -> bool {
    let error = match error {
        ProgramError::LoadError { io_error, .. } => io_error,
        ProgramError::SyscallError(SyscallError { io_error, .. }) => io_error,
        _ => return false,
    };
    error.raw_os_error() == Some(Errno::EAGAIN as i32)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn refused(errno: Errno) -> ProgramError {
        let io_error = io::Error::from(errno);
        ProgramError::SyscallError(SyscallError {
            call: "bpf_prog_load",
            io_error,
        })
    }

    #[test]
    fn a_load_that_a_signal_ended_is_tried_again_and_no_other() {
        let tries = |outcomes: &mut dyn FnMut(usize) -> std::result::Result<(), ProgramError>| {
            let mut tries = 0;
            let done = patiently(|| {
                tries += 1;
                outcomes(tries)
            });
            (tries, done.is_ok())
        };
        let eagain = || Err(refused(Errno::EAGAIN));
        assert_eq!(
            tries(&mut |n| if n < 3 { eagain() } else { Ok(()) }),
            (3, true)
        );
        assert_eq!(tries(&mut |_| eagain()), (TRIES, false));
        assert_eq!(tries(&mut |_| Err(refused(Errno::EPERM))), (1, false));
    }

    #[test]
    fn the_mask_is_put_back() {
        let before = SigSet::thread_get_mask().unwrap();
        let none = NoSignals::begin().unwrap();
        assert_ne!(SigSet::thread_get_mask().unwrap(), before);
        drop(none);
        assert_eq!(SigSet::thread_get_mask().unwrap(), before);
    }
}
