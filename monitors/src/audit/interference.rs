//! Whether other programs leave the monitor its rules, its registration and the switch: `auditctl -D`,
//! augenrules, `auditctl -e 0` and another daemon take them away, and from then on nothing is seen and
//! nothing is lost. The kernel tells of each such change on the monitor's own socket, so this asks it then.

use std::time::{Duration, SystemTime};

use contract::Result;

use super::rules::{self, Rule};
use super::session::{AuditSession, failed};

/// What an `AUDIT_CONFIG_CHANGE` record says of when it was made: `audit(SECONDS.MILLISECONDS:SERIAL)`.
pub(super) fn stamp(text: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(text.strip_prefix(b"audit(")?.get(..32)?).ok()?;
    let (seconds, rest) = text.split_once('.')?;
    let (millis, _) = rest.split_once(':')?;
    let since = Duration::from_secs(seconds.parse().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since + Duration::from_millis(millis.parse().ok()?))
}

impl AuditSession {
    /// An error when what it set up is no longer there; `since` is when that was told, if it was.
    pub(super) fn check(&mut self, since: Option<SystemTime>) -> Result<()> {
        let status = self.control.status().map_err(|e| failed("AUDIT_GET", e))?;
        let rules = self.control.rules();
        let rules = rules.map_err(|e| failed("AUDIT_LIST_RULES", e))?;
        let daemon = self.is_daemon().then_some(status.pid);
        let Some(what) = missing(status.enabled, daemon, &rules, self.armed()) else {
            return Ok(());
        };
        let when = humantime::format_rfc3339_millis(since.unwrap_or_else(SystemTime::now));
        let when = match since {
            Some(_) => format!("at {when}"),
            None => format!("before {when}"),
        };
        Err(format!(
            "audit: {when} another program {what}: what happened after that was not seen; keep \
             auditctl, augenrules and other audit daemons from changing the audit system meanwhile"
        )
        .into())
    }
}

/// What another program did; `armed` is how many rules there should be.
fn missing(enabled: u32, daemon: Option<u32>, rules: &[Rule], armed: usize) -> Option<String> {
    let own = rules.iter().filter(|rule| rule.ours()).count();
    if own < armed {
        return Some(format!("removed {} of its {armed} rules", armed - own));
    }
    if enabled == 0 {
        return Some("switched auditing off".into());
    }
    if let Some(pid) = daemon.filter(|pid| *pid != std::process::id()) {
        return Some(format!(
            "took its registration as the audit daemon (process {pid} has it)"
        ));
    }
    let blinds = rules.iter().find_map(rules::Rule::blinds)?;
    Some(format!(
        "added a rule {blinds}, which hides what it watches"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_of_a_record_is_read() {
        let text = b"audit(1364481363.243:24287): op=remove_rule key=\"rollcall\" list=4 res=1";
        let since = stamp(text).unwrap().duration_since(SystemTime::UNIX_EPOCH);
        assert_eq!(since.unwrap(), Duration::from_millis(1_364_481_363_243));
        for bad in [
            &b""[..],
            b"audit(",
            b"audit(1.2",
            b"audit(99999999999999999999.1:1): op=set xxxxx",
        ] {
            assert_eq!(stamp(bad), None);
        }
    }

    #[test]
    fn each_change_is_told() {
        let me = Some(std::process::id());
        let own = rules::own(true);
        let all = own.len();
        assert_eq!(missing(1, me, &own, all), None);
        assert_eq!(missing(1, None, &own, all), None);
        assert!(
            missing(1, me, &own[1..], all)
                .unwrap()
                .contains("removed 1")
        );
        assert!(missing(0, me, &own, all).unwrap().contains("off"));
        assert!(
            missing(1, Some(0), &own, all)
                .unwrap()
                .contains("registration")
        );
        let blinding = rules::exclude(&[1300]).unwrap();
        let rules: Vec<_> = own.into_iter().chain([blinding]).collect();
        assert!(missing(1, me, &rules, all).unwrap().contains("hides"));
    }
}
