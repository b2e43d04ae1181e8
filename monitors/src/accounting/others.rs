//! Process accounting is one file for the whole machine, wanted by a monitor and by the
//! cross-check of every ledger. The kernel does not tell whether it is on.

use std::path::Path;

/// What is there when another program may use it.
const OTHERS: [&str; 6] = [
    "/usr/sbin/accton",
    "/sbin/accton",
    "/var/log/account",
    "/var/account",
    "/var/log/pacct",
    "/var/adm/pacct",
];

/// The sign that another program may use process accounting; it is left alone then.
pub fn others_account() -> Option<&'static str> {
    OTHERS.into_iter().find(|path| Path::new(path).exists())
}
