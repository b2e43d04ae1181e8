//! Rules in the kernel's form, `struct audit_rule_data`: those of the monitor, and what it must
//! know of all others.

use super::syscall_table::{self, Abi, Call};

/// Marks the monitor's own rules, so that what a killed one left is known again.
pub(super) const KEY: &[u8] = b"rollcall";

/// Records that no event is made of, excluded while there is no other listener. They come with every
/// system call, and the kernel makes, queues and sends each of them: without them a fork is one
/// record and not three. PATH 1302, CWD 1307, EOE 1320, BPRM_FCAPS 1321, PROCTITLE 1327.
pub(super) const NEEDLESS: [u32; 5] = [1302, 1307, 1320, 1321, 1327];
/// The same but for EOE: a daemon waits for it to know that it has all of an event.
pub(super) const NEEDLESS_TO_A_DAEMON: [u32; 4] = [1302, 1307, 1321, 1327];
/// The same where the fields of an exec are asked for: with PATH, CWD and the EOE that ends them.
pub(super) const NEEDLESS_TO_DETAILS: [u32; 2] = [1321, 1327];
const SYSCALL: u32 = 1300;
const EXECVE: u32 = 1309;

const LIST_TASK: u32 = 1;
const LIST_EXIT: u32 = 4;
const LIST_EXCLUDE: u32 = 5;
const PREPEND: u32 = 0x10;
const NEVER: u32 = 0;
const ALWAYS: u32 = 2;
const FIELD_UID: u32 = 1;
const FIELD_ARCH: u32 = 11;
const FIELD_MSGTYPE: u32 = 12;
const FIELD_SUCCESS: u32 = 104;
const FIELD_KEY: u32 = 210;
const LESS: u32 = 0x1000_0000;
const GREATER: u32 = 0x2000_0000;
const EQUAL: u32 = 0x4000_0000;
const NOT_EQUAL: u32 = LESS | GREATER;
const AT_MOST: u32 = LESS | EQUAL;
const AT_LEAST: u32 = GREATER | EQUAL;

/// Words before the strings: flags, action, field count, mask, fields, values, operators, length.
const MASK: usize = 3;
const FIELDS: usize = MASK + 64;
const VALUES: usize = FIELDS + 64;
const OPERATORS: usize = VALUES + 64;
const BUFLEN: usize = OPERATORS + 64;
const WORDS: usize = BUFLEN + 1;

/// One rule, as bytes the kernel takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule(Vec<u8>);

impl Rule {
    fn new(list: u32, calls: &[u32], fields: &[(u32, u32, u32)], key: &[u8]) -> Self {
        let mut words = [0_u32; WORDS];
        words[0] = list;
        words[1] = ALWAYS;
        for call in calls {
            words[MASK + *call as usize / 32] |= 1 << (call % 32);
        }
        let mut fields = fields.to_vec();
        if !key.is_empty() {
            fields.push((FIELD_KEY, EQUAL, key.len() as u32));
        }
        for (index, (field, operator, value)) in fields.iter().enumerate() {
            words[FIELDS + index] = *field;
            words[VALUES + index] = *value;
            words[OPERATORS + index] = *operator;
        }
        words[2] = fields.len() as u32;
        words[BUFLEN] = key.len() as u32;
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        bytes.extend_from_slice(key);
        Self(bytes)
    }

    /// A rule as the kernel lists it; `None` when it is too short to be one.
    pub(super) fn parse(payload: &[u8]) -> Option<Self> {
        (payload.len() >= WORDS * 4).then(|| Self(payload.to_vec()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn word(&self, index: usize) -> u32 {
        let bytes = self.0.get(index * 4..index * 4 + 4).unwrap_or(&[0; 4]);
        u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    fn list(&self) -> u32 {
        self.word(0) & !PREPEND
    }

    fn fields(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        (0..(self.word(2) as usize).min(64)).map(|index| {
            let [field, value, operator] = [FIELDS, VALUES, OPERATORS].map(|at| at + index);
            (self.word(field), self.word(operator), self.word(value))
        })
    }

    /// Whether it carries [`KEY`]. Strings lie behind the words, and the key is the last of ours.
    pub(super) fn ours(&self) -> bool {
        let keyed = self
            .fields()
            .any(|(field, _, length)| field == FIELD_KEY && length as usize == KEY.len());
        let strings = self.word(BUFLEN) as usize;
        keyed && self.0.get(WORDS * 4..WORDS * 4 + strings) == Some(KEY)
    }

    /// Whether it applies to records of the type `record`, as far as types decide that.
    fn is_about(&self, record: u32) -> bool {
        let mut types = self.fields().filter(|(field, ..)| *field == FIELD_MSGTYPE);
        types.all(|(_, operator, value)| {
            operator & EQUAL != 0 && record == value
                || operator & LESS != 0 && record < value
                || operator & GREATER != 0 && record > value
        })
    }

    /// Why nothing, or not everything, can be seen while this rule of others is there.
    pub(super) fn blinds(&self) -> Option<&'static str> {
        if self.list() == LIST_TASK && self.word(1) == NEVER {
            return Some("'-a never,task'");
        }
        let hides = [SYSCALL, EXECVE]
            .iter()
            .any(|record| self.is_about(*record));
        (self.list() == LIST_EXCLUDE && hides)
            .then_some("'-a always,exclude' of SYSCALL or EXECVE records")
    }
}

/// The monitor's rules. Exits never return, so they can neither succeed nor fail: only the others
/// ask for success, and a failed call is not even logged. With `first` they go before all
/// others; the first that matches decides.
pub(super) fn own(first: bool) -> Vec<Rule> {
    let list = LIST_EXIT | if first { PREPEND } else { 0 };
    let both = |abi: &Abi| {
        let ends = |call: &Call| matches!(call, Call::Exit | Call::ExitGroup);
        let (exits, others): (Vec<_>, Vec<_>) = abi.calls.iter().partition(|(_, c)| ends(c));
        let numbers = |calls: Vec<(u32, Call)>| calls.iter().map(|(n, _)| *n).collect::<Vec<_>>();
        let arch = (FIELD_ARCH, EQUAL, abi.arch);
        [
            Rule::new(
                list,
                &numbers(others),
                &[arch, (FIELD_SUCCESS, EQUAL, 1)],
                KEY,
            ),
            Rule::new(list, &numbers(exits), &[arch], KEY),
        ]
    };
    syscall_table::here().iter().flat_map(both).collect()
}

/// The users that [`exclusions`] name. No process belongs to them: Linux hands out user ids from below.
const NOBODYS_USERS: u32 = 4_000_000_000;

/// Rules such as white lists are made of, each about one user, that match no process: what it costs to
/// look through them. With `first` they go before all others; as own rules they are taken out with those.
pub(super) fn exclusions(count: u32, first: bool) -> Vec<Rule> {
    let list = LIST_EXIT | if first { PREPEND } else { 0 };
    let one = |abi: &Abi, user: u32| {
        let numbers: Vec<_> = abi.calls.iter().map(|(number, _)| *number).collect();
        let fields = [(FIELD_ARCH, EQUAL, abi.arch), (FIELD_UID, EQUAL, user)];
        let mut rule = Rule::new(list, &numbers, &fields, KEY);
        rule.0[4..8].copy_from_slice(&NEVER.to_ne_bytes());
        rule
    };
    let users = (0..count).map(|n| NOBODYS_USERS + n);
    let first_abi = syscall_table::here().iter().take(1);
    first_abi
        .flat_map(|abi| users.clone().map(move |user| one(abi, user)))
        .collect()
}

/// One rule that keeps records of all these types from being made: those from the first to the last
/// without the others between. One and not one for each, because the kernel waits for a grace period
/// of RCU, some 15 ms, for every rule that is taken out.
pub(super) fn exclude(records: &[u32]) -> Option<Rule> {
    let (first, last) = (records.iter().min()?, records.iter().max()?);
    let between = (*first..*last).filter(|record| !records.contains(record));
    let fields = [(AT_LEAST, *first), (AT_MOST, *last)].into_iter();
    let fields = fields.chain(between.map(|record| (NOT_EQUAL, record)));
    let fields: Vec<_> = fields
        .map(|(operator, value)| (FIELD_MSGTYPE, operator, value))
        .collect();
    // No key: the kernel stops looking through exclude rules when one has a field like it.
    Some(Rule::new(LIST_EXCLUDE, &[], &fields, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_rules_are_known_again_and_others_are_not() {
        for rule in own(true).iter().chain(&own(false)) {
            let back = Rule::parse(rule.bytes()).unwrap();
            assert!(back.ours() && back.blinds().is_none());
        }
        let other = Rule::new(LIST_EXIT, &[59], &[], b"rollcalx");
        let longer = Rule::new(LIST_EXIT, &[59], &[], b"rollcall2");
        assert!(!other.ours() && !longer.ours());
        assert!(!exclude(&NEEDLESS).unwrap().ours());
        assert!(Rule::parse(&[0; 100]).is_none());
    }

    #[test]
    fn one_rule_excludes_what_is_needless_and_nothing_else() {
        for needless in [&NEEDLESS[..], &NEEDLESS_TO_A_DAEMON, &[1327]] {
            let rule = exclude(needless).unwrap();
            let excluded: Vec<_> = (1000..3000)
                .filter(|record| rule.is_about(*record))
                .collect();
            assert_eq!(excluded, needless);
            assert_eq!(rule.blinds(), None);
        }
        assert_eq!(exclude(&[]), None);
    }

    #[test]
    fn exclusions_are_own_rules_that_never_record_and_blind_nothing() {
        let rules = exclusions(3, true);
        assert_eq!(rules.len(), 3);
        for (rule, user) in rules.iter().zip(NOBODYS_USERS..) {
            assert!(rule.ours() && rule.blinds().is_none());
            assert_eq!((rule.list(), rule.word(1)), (LIST_EXIT, NEVER));
            assert!(rule.fields().any(|field| field == (FIELD_UID, EQUAL, user)));
        }
        assert!(exclusions(0, true).is_empty());
    }

    #[test]
    fn what_blinds_is_named() {
        let mut never = Rule::new(LIST_TASK, &[], &[], b"");
        assert!(never.blinds().is_none());
        never.0[4..8].copy_from_slice(&NEVER.to_ne_bytes());
        assert!(never.blinds().is_some());
        assert!(exclude(&[SYSCALL]).unwrap().blinds().is_some());
        assert!(exclude(&[1302, EXECVE]).unwrap().blinds().is_some());
        let of_a_user = Rule::new(LIST_EXCLUDE, &[], &[(1, EQUAL, 1000)], b"");
        assert!(of_a_user.blinds().is_some());
    }
}
