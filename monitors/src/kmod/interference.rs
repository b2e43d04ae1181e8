//! Whether the hooks are still in place. Whatever may load modules may write the table back, and root may switch
//! ftrace off for all (kernel.ftrace_enabled): calls then come by no hook, and nothing is lost that the module
//! could count. The table is compared; for the rest a call is made that fails and so is no event.

use std::time::{Duration, Instant, SystemTime};

use contract::Result;

use super::module::Module;

/// Between two looks, each of which costs a call that fails and three files of sysfs.
pub(super) const EVERY: Duration = Duration::from_millis(500);

/// What has to stay as it was when it was loaded.
pub(super) struct Guard<'a> {
    module: &'a Module,
    /// Where the hooks never fired there is nothing to take away.
    fired: bool,
    last: Instant,
}

impl<'a> Guard<'a> {
    pub(super) fn new(module: &'a Module) -> Result<Self> {
        Ok(Self {
            module,
            fired: module.fires()?,
            last: Instant::now(),
        })
    }

    /// An error when they are not in place any more. Looks no oftener than is due.
    pub(super) fn check(&mut self) -> Result<()> {
        if !self.fired || self.last.elapsed() < EVERY {
            return Ok(());
        }
        self.last = Instant::now();
        let why = match (self.module.count("restored")?, self.module.fires()?) {
            (0, true) => return Ok(()),
            (0, false) => "led the calls past the hooks (see kernel.ftrace_enabled)".to_owned(),
            (entries, _) => format!("wrote {entries} entries of sys_call_table back"),
        };
        let when = humantime::format_rfc3339_millis(SystemTime::now());
        Err(format!(
            "kmod: before {when} another program {why}: what happened after that was not seen; end the program, and run it again"
        )
        .into())
    }
}
